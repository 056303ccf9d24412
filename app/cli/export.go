package cli

import (
	"context"
	"flag"
	"slices"
	"strings"

	"longying/app/delivery"
	"longying/app/station"
)

// exports are the forms of --as; a row has three files unless one form is named.
func exports() []string {
	return append([]string{"cda", "fhir", "sr", "row", "pdf"}, station.ObjectFormats()...)
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
	if err := c.want(1, "one study UID"); err != nil {
		return err
	}
	formats := []string{as}
	if as == "row" {
		formats = []string{"row-csv", "row-json", "row-xml"}
	}
	objects := slices.Contains(station.ObjectFormats(), as)
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
