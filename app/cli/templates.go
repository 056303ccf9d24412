package cli

import (
	"context"
	"fmt"
	"strings"

	"longying/records/template"
)

// templates lists, shows, adds and removes report templates.
func (c *call) templates(ctx context.Context) error {
	if len(c.args) == 0 {
		return usagef("report templates list|show ID|add FILE|remove ID")
	}
	verb, args := c.args[0], c.args[1:]
	if want, known := map[string]int{"list": 0, "show": 1, "add": 1, "remove": 1}[verb]; !known || len(args) != want {
		return usagef("report templates list|show ID|add FILE|remove ID")
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	switch verb {
	case "add":
		t, err := s.Reading.AddTemplate(ctx, actor, args[0])
		if err != nil {
			return err
		}
		return c.done(listed(t), "%s version %d\n", t.ID, t.Version)
	case "remove":
		if err := s.Reading.RemoveTemplate(ctx, actor, args[0]); err != nil {
			return err
		}
		return c.done(map[string]string{"removed": args[0]}, "removed %s\n", args[0])
	}
	list, broken, err := s.Reading.Templates()
	if err != nil {
		return err
	}
	if verb == "show" {
		for _, t := range list {
			if t.ID == args[0] {
				return c.template(t)
			}
		}
		return about(fmt.Errorf("there is no report template %s", args[0]), "template", args[0], "longying report templates list shows those that there are")
	}
	for _, t := range list {
		if err := c.done(listed(t), "%s  %d  %s  %s  %s\n", t.ID, t.Version, strings.Join(t.Modalities, "/"), t.Title.Zh, t.Title.En); err != nil {
			return err
		}
	}
	if len(broken) > 0 {
		var words []string
		for _, err := range broken {
			words = append(words, err.Error())
		}
		return &partError{"report templates that cannot be used: " + strings.Join(words, "; ")}
	}
	return nil
}

func listed(t *template.Template) map[string]any {
	return map[string]any{"id": t.ID, "version": t.Version, "title": t.Title, "modalities": t.Modalities, "sha256": t.SHA256, "shipped": t.Shipped, "source": t.Source}
}

// template lists the fields of one template with what they take.
func (c *call) template(t *template.Template) error {
	for _, f := range t.Fields {
		takes := f.Kind
		switch f.Kind {
		case template.KindChoice:
			var ids []string
			for _, x := range f.Choices {
				ids = append(ids, x.ID)
			}
			takes = strings.Join(ids, "|")
		case template.KindNumber:
			takes = fmt.Sprintf("%g to %g %s", *f.Min, *f.Max, f.Unit)
		}
		if f.Required {
			takes += ", required"
		}
		if f.When != nil {
			takes += fmt.Sprintf(", where %s is %s", f.When.Field, strings.Join(f.When.Is, "|"))
		}
		if err := c.done(f, "%s  %s  %s  %s\n", f.ID, f.Section, f.Name.Zh, takes); err != nil {
			return err
		}
	}
	return nil
}

// fill answers fields of a template: FIELD=VALUE, or FIELD=@FINDING_UID for a
// number that a confirmed finding measures. Fields that are not named keep their
// answers; FIELD= takes one out.
func (c *call) fill(ctx context.Context, form string) error {
	if form == "" {
		return usagef("report fill needs --template ID of report templates list")
	}
	study := c.args[0]
	entries := map[string]template.Entry{}
	var order []string
	put := func(e template.Entry) {
		if _, have := entries[e.Field]; !have {
			order = append(order, e.Field)
		}
		entries[e.Field] = e
	}
	var named []template.Entry
	for _, arg := range c.args[1:] {
		field, value, ok := strings.Cut(arg, "=")
		if !ok || field == "" {
			return usagef("%q is not FIELD=VALUE", arg)
		}
		e := template.Entry{Field: field, Value: value}
		if uid, is := strings.CutPrefix(value, "@"); is {
			e.Value, e.FindingUID = "", uid
		}
		named = append(named, e)
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.Registry.OpenStudy(ctx, actor, study); err != nil {
		return about(err, "study", study, lookStudies)
	}
	if rep, err := s.Reading.Report(ctx, actor, study); err == nil && rep.Structured != nil && rep.Structured.Template == form {
		for _, e := range template.Entries(rep.Structured) {
			put(e)
		}
	}
	for _, e := range named {
		put(e)
	}
	var list []template.Entry
	for _, id := range order {
		list = append(list, entries[id])
	}
	rep, err := s.Reading.Fill(ctx, actor, study, form, list)
	if err != nil {
		return err
	}
	if err := c.report(rep); err != nil {
		return err
	}
	for _, a := range rep.Structured.Answers {
		if p := a.Proposed; p != nil && !c.json {
			c.printf("%s: %s%s %s\n", p.Rule, p.Category, map[bool]string{true: "(no category)"}[p.Category == ""], p.Why.Zh)
		}
	}
	return nil
}
