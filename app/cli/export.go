package cli

import (
	"context"
	"flag"
	"slices"
	"strings"

	"longying/app/delivery"
)

// exports are the forms of --as; a row has three files unless one form is named.
func exports() []string { return []string{"cda", "fhir", "sr", "seg", "row", "pdf"} }

func cmdExport(ctx context.Context, c *call) error {
	var as, out string
	err := c.parse(c.raw, func(f *flag.FlagSet) {
		f.StringVar(&as, "as", "", strings.Join(exports(), ", ")+"; row-csv, row-json or row-xml for one form of a row")
		f.StringVar(&out, "out", "", "folder")
	})
	if err != nil {
		return err
	}
	if err := c.want(1, "one study UID"); err != nil {
		return err
	}
	if as == "seg" {
		return &laterError{"export --as " + as}
	}
	formats := []string{as}
	if as == "row" {
		formats = []string{"row-csv", "row-json", "row-xml"}
	}
	for _, f := range formats {
		if !slices.Contains(delivery.Formats(), f) || out == "" {
			return usagef("export needs --as %s and --out DIR", strings.Join(exports(), "|"))
		}
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
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
