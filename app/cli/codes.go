package cli

import (
	"context"
	"fmt"
	"strings"

	"longying/app/delivery"
)

func cmdCodes(ctx context.Context, c *call) error {
	verb, rest, err := c.verb("list", "import", "remove")
	if err != nil {
		return err
	}
	if err := c.parse(rest, nil); err != nil {
		return err
	}
	tables := strings.Join(delivery.Tables(), ", ")
	switch {
	case verb == "import":
		err = c.want(2, "a table ("+tables+") and a file")
	case verb == "remove":
		err = c.want(1, "a table ("+tables+")")
	case len(c.args) > 1:
		err = usagef("codes list takes one table at most (%s)", tables)
	}
	if err != nil {
		return err
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	switch verb {
	case "import":
		res, err := s.Delivery.ImportCodes(ctx, actor, c.args[0], c.args[1])
		if err != nil {
			return err
		}
		if err := c.done(res, "%s: %d codes\n", res.Table, res.Codes); err != nil {
			return err
		}
		if n := len(res.Refused); n > 0 {
			return &partError{fmt.Sprintf("%d rows of %s were refused: %s", n, c.args[1], strings.Join(res.Refused, "; "))}
		}
		return nil
	case "remove":
		if err := s.Delivery.RemoveCodes(ctx, actor, c.args[0]); err != nil {
			return err
		}
		return c.done(map[string]string{"removed": c.args[0]}, "removed %s\n", c.args[0])
	}
	list, err := s.Delivery.Codes(ctx)
	if err != nil {
		return err
	}
	for _, t := range list {
		if len(c.args) == 0 {
			row := map[string]any{"table": t.Name, "codes": len(t.Codes), "file": t.File, "by": t.By, "at": t.At}
			if err := c.done(row, "%s  %d codes  %s  %s\n", t.Name, len(t.Codes), t.File, t.By); err != nil {
				return err
			}
			continue
		}
		if t.Name != c.args[0] {
			continue
		}
		for _, code := range t.Codes {
			if err := c.done(code, "%s  %s  %s\n", code.Code, code.Name, code.For); err != nil {
				return err
			}
		}
	}
	return nil
}
