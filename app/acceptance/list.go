package acceptance

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"longying/imaging"
	"longying/models"
)

// Case is one line of a labelled list.
type Case struct {
	Line   int
	Path   string          // file, folder or ZIP of one study
	SOPUID string          // the image meant, where the study holds several
	Region *imaging.Region // marked by a doctor, for a model that needs one
	Organ  string          // of the specimen
	Label  string          // class key of the card, or empty: none of the classes that it proposes
}

// List is a labelled list of local cases.
type List struct {
	Cases  []Case
	SHA256 string // of the file, hex
}

const (
	listLimit  = 16 << 20 // bytes
	casesLimit = 100_000
)

// ReadList reads a labelled list for a model: CSV (UTF-8 or GB18030) with a
// first line that names its columns. path and label are required; sop_uid,
// region (x0 y0 x1 y1 in pixels, parted by blanks) and organ may be there. A
// path is relative to the list. A label is a class key of the card or one of
// 1, positive, 阳性 where the card proposes a single class; 0, negative, 阴性
// and none stand for none of the proposed classes. Any other column or label is
// an error that names its line: a list that is misread measures nothing.
func ReadList(file string, card *models.Card) (*List, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("the labelled list cannot be read: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, listLimit+1))
	if err != nil {
		return nil, fmt.Errorf("the labelled list %s cannot be read: %w", file, err)
	}
	if len(data) > listLimit {
		return nil, fmt.Errorf("the labelled list %s is larger than %d MiB", file, listLimit>>20)
	}
	sum := sha256.Sum256(data)
	text := bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(text) {
		if text, err = simplifiedchinese.GB18030.NewDecoder().Bytes(text); err != nil {
			return nil, fmt.Errorf("the labelled list %s is neither UTF-8 nor GB18030", file)
		}
	}
	l := &List{SHA256: hex.EncodeToString(sum[:])}
	r := csv.NewReader(bytes.NewReader(text))
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("the labelled list %s has no first line that names its columns: %w", file, err)
	}
	column := map[string]int{}
	for i, name := range head {
		name = strings.ToLower(strings.TrimSpace(name))
		switch name {
		case "path", "label", "sop_uid", "region", "organ":
		default:
			return nil, fmt.Errorf("%s: column %q is not known; known are path, label, sop_uid, region, organ", file, name)
		}
		if _, twice := column[name]; twice {
			return nil, fmt.Errorf("%s: column %q stands there twice", file, name)
		}
		column[name] = i
	}
	for _, name := range []string{"path", "label"} {
		if _, ok := column[name]; !ok {
			return nil, fmt.Errorf("%s: there is no column %q", file, name)
		}
	}
	labels := labelsOf(card)
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if len(l.Cases) == casesLimit {
			return nil, fmt.Errorf("%s holds more than %d cases", file, casesLimit)
		}
		line, _ := r.FieldPos(0)
		c, err := newCase(func(name string) string {
			if i, ok := column[name]; ok {
				return strings.TrimSpace(row[i])
			}
			return ""
		}, labels)
		if err != nil {
			return nil, fmt.Errorf("%s line %d: %w", file, line, err)
		}
		c.Line = line
		if !filepath.IsAbs(c.Path) {
			c.Path = filepath.Join(filepath.Dir(file), c.Path)
		}
		l.Cases = append(l.Cases, c)
	}
	if len(l.Cases) == 0 {
		return nil, fmt.Errorf("%s holds no case", file)
	}
	return l, nil
}

func newCase(field func(string) string, labels map[string]string) (Case, error) {
	c := Case{Path: field("path"), SOPUID: field("sop_uid"), Organ: field("organ")}
	if c.Path == "" {
		return c, errors.New("the path is empty")
	}
	label, ok := labels[strings.ToLower(field("label"))]
	if !ok {
		return c, fmt.Errorf("label %q is no class of this model; known are %s", field("label"), known(labels))
	}
	c.Label = label
	if text := field("region"); text != "" {
		var v [4]float64
		parts := strings.Fields(text)
		if len(parts) != 4 {
			return c, fmt.Errorf("region %q is not x0 y0 x1 y1", text)
		}
		for i, p := range parts {
			f, err := strconv.ParseFloat(p, 64)
			if err != nil {
				return c, fmt.Errorf("region %q is not x0 y0 x1 y1", text)
			}
			v[i] = f
		}
		c.Region = &imaging.Region{X0: v[0], Y0: v[1], X1: v[2], Y1: v[3], Kind: imaging.RegionDrawn}
	}
	return c, nil
}

// labelsOf maps every accepted spelling to a class key, or to "" for none of
// the proposed classes.
func labelsOf(card *models.Card) map[string]string {
	out := map[string]string{"0": "", "negative": "", "阴性": "", "none": ""}
	proposed := proposedOf(card)
	for _, k := range proposed {
		out[strings.ToLower(k.Key)] = k.Key
	}
	for i := range card.Outputs {
		for _, k := range card.Outputs[i].Classes {
			switch {
			case !k.Proposes:
				out[strings.ToLower(k.Key)] = ""
			case card.Outputs[i].OnlyIf != "":
				out[strings.ToLower(k.Key)] = card.Outputs[i].OnlyIf
			}
		}
	}
	if len(proposed) == 1 {
		for _, word := range []string{"1", "positive", "阳性"} {
			out[word] = proposed[0].Key
		}
	}
	return out
}

// proposedOf lists the classes that a card proposes of every case. Those of a
// head that is judged only with another class are silent on the other cases, so
// they have no area under a curve; their label counts as that class.
func proposedOf(card *models.Card) []models.Class {
	var out []models.Class
	for i := range card.Outputs {
		if card.Outputs[i].OnlyIf != "" {
			continue
		}
		for _, k := range card.Outputs[i].Classes {
			if k.Proposes {
				out = append(out, k)
			}
		}
	}
	return out
}

func known(labels map[string]string) string {
	var keys []string
	for k := range labels {
		keys = append(keys, k)
	}
	return strings.Join(sorted(keys), ", ")
}
