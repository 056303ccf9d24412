package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"longying/app/delivery"
	"longying/imaging"
)

// watchOutbox sends what is due until it is stopped, as the desktop does while it
// is open: for a machine on which none is. It says each time how the outbox
// stands.
func (c *call) watchOutbox(ctx context.Context, rest []string) error {
	if err := c.parse(rest, func(*flag.FlagSet) {}); err != nil {
		return err
	}
	if err := c.want(0, "no arguments"); err != nil {
		return err
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	said := ""
	var broken error
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	err = s.Delivery.NewSenderOf(actor, time.After, func(st delivery.Standing) {
		line := standing(st)
		if st.Sending || line == said {
			return
		}
		said = line
		if !c.json {
			c.printf("%s\n", line)
		} else if broken = c.emit(watched(st)); broken != nil {
			stop()
		}
	}).Run(ctx)
	switch {
	case broken != nil:
		return broken
	case errors.Is(err, context.Canceled):
		return nil // it was asked to stop
	}
	return err
}

// watched is a standing as one line of JSON.
func watched(st delivery.Standing) any {
	problem := ""
	if st.Failed != nil {
		problem = st.Failed.Error()
	}
	return struct {
		delivery.Standing
		Problem string `json:"problem,omitempty"`
	}{st, problem}
}

// standing is how the outbox stands, in a line.
func standing(st delivery.Standing) string {
	at := func(t time.Time) string { return t.In(imaging.Zone()).Format("2006-01-02 15:04:05") }
	if st.Failed != nil {
		return "stuck, and tried again in a minute: " + st.Failed.Error()
	}
	out := fmt.Sprintf("%d waiting, %d need attention", st.Waiting, st.Care)
	if st.Off {
		return out + "; automatic sending is off (longying outbox automatic on)"
	}
	if len(st.Away) > 0 {
		out += fmt.Sprintf("; %s not reachable since %s", strings.Join(st.Away, ", "), at(st.Since))
	}
	if !st.Next.IsZero() {
		out += "; next try " + at(st.Next)
	}
	return out
}

// automaticSending says whether what is due is sent without anybody asking, and
// switches it.
func (c *call) automaticSending(ctx context.Context, rest []string) error {
	if err := c.parse(rest, func(*flag.FlagSet) {}); err != nil {
		return err
	}
	if len(c.args) > 1 || len(c.args) == 1 && c.args[0] != "on" && c.args[0] != "off" {
		return usagef("outbox automatic needs on or off, or nothing to ask")
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if len(c.args) == 1 {
		if err := s.Delivery.SetAutomatic(ctx, actor, c.args[0] == "on"); err != nil {
			return err
		}
	}
	on, err := s.Delivery.Automatic(ctx)
	if err != nil {
		return err
	}
	if c.json {
		return c.emit(struct {
			Automatic bool `json:"automatic"`
		}{on})
	}
	word := map[bool]string{true: "on", false: "off"}[on]
	c.printf("automatic sending is %s\n", word)
	return nil
}
