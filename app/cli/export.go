package cli

import (
	"context"
	"flag"
	"slices"
	"strings"

	"longying/app/delivery"
	"longying/records/cda"
)

// exports are the forms of --as; a row has three files unless one form is named.
func exports() []string {
	return append([]string{"cda", "fhir", "sr", "row", "pdf"}, delivery.ObjectFormats()...)
}

func cmdExport(ctx context.Context, c *call) error {
	var as, out string
	err := c.parse(c.raw, func(f *flag.FlagSet) {
		f.StringVar(&as, "as", "", strings.Join(exports(), ", ")+"; row-csv, row-json or row-xml for one form of a row")
		f.StringVar(&out, "out", "", "folder")
	})
	if err != nil {
		return err
	}
	if err := c.want(1, "one study UID, or a consult"); err != nil {
		return err
	}
	if strings.HasPrefix(c.args[0], "MDT-") {
		return c.exportConsult(ctx, c.args[0], as, out)
	}
	formats := []string{as}
	if as == "row" {
		formats = []string{"row-csv", "row-json", "row-xml"}
	}
	objects := slices.Contains(delivery.ObjectFormats(), as)
	if out == "" || !objects && !slices.Contains(delivery.Formats(), formats[0]) {
		return usagef("export needs --as %s and --out DIR", strings.Join(exports(), "|"))
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if objects {
		paths, left, err := s.ExportObjects(ctx, actor, c.args[0], as, out)
		for _, path := range paths {
			if err := c.done(map[string]string{"path": path}, "%s\n", path); err != nil {
				return err
			}
		}
		if err == nil && len(left) > 0 {
			err = &partError{"not written: " + strings.Join(left, "; ")}
		}
		return err
	}
	doc, err := s.Reading.Signed(ctx, actor, c.args[0])
	if err != nil {
		return err
	}
	for _, f := range formats {
		path, err := s.Delivery.Export(ctx, actor, doc, f, out)
		if err != nil {
			return err
		}
		if err := c.done(map[string]string{"path": path}, "%s\n", path); err != nil {
			return err
		}
	}
	return nil
}

// exportConsult writes a decided consult as CDA: 会诊记录, or with cda-discussion
// 疑难病例讨论记录.
func (c *call) exportConsult(ctx context.Context, id, as, out string) error {
	form, ok := map[string]cda.ConsultForm{"cda": cda.Consultation, "cda-discussion": cda.CaseDiscussion}[as]
	if !ok || out == "" {
		return usagef("export of a consult needs --as cda|cda-discussion and --out DIR")
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	path, err := s.ExportConsult(ctx, actor, id, form, out)
	if err != nil {
		return err
	}
	return c.done(map[string]string{"path": path}, "%s\n", path)
}
