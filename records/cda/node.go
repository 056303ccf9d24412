package cda

import (
	"bytes"
	"encoding/xml"
)

// node is one XML element. Attributes keep their order, so that the same
// document gives the same bytes.
type node struct {
	name     string
	attrs    [][2]string
	text     string
	children []*node
}

func el(name string) *node { return &node{name: name} }

func (n *node) attr(name, value string) *node {
	n.attrs = append(n.attrs, [2]string{name, value})
	return n
}

func (n *node) say(s string) *node {
	n.text = s
	return n
}

func (n *node) add(children ...*node) *node {
	n.children = append(n.children, children...)
	return n
}

func ident(root, extension string) *node { return identAs("id", root, extension) }

func identAs(name, root, extension string) *node {
	return el(name).attr("root", root).attr("extension", extension)
}

func when(name, value string) *node { return el(name).attr("value", value) }

func coded(name, code, system, systemName, display string) *node {
	n := el(name).attr("code", code).attr("codeSystem", system).attr("codeSystemName", systemName)
	if display != "" {
		n.attr("displayName", display)
	}
	return n
}

func (n *node) marshal() []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	n.write(&b)
	b.WriteByte('\n')
	return b.Bytes()
}

func (n *node) write(b *bytes.Buffer) {
	b.WriteString("<" + n.name)
	for _, a := range n.attrs {
		b.WriteString(" " + a[0] + `="`)
		xml.EscapeText(b, []byte(a[1])) // a buffer never fails
		b.WriteByte('"')
	}
	if n.text == "" && len(n.children) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteByte('>')
	xml.EscapeText(b, []byte(n.text))
	for _, c := range n.children {
		c.write(b)
	}
	b.WriteString("</" + n.name + ">")
}
