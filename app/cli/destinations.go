package cli

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"longying/app/delivery"
	"longying/imaging/endpoint"
	"longying/records/outbox"
)

const lookDestinations = "longying outbox destinations list lists those that are"

// accessOptions say in which files the secrets of an HTTP service are.
type accessOptions struct {
	user, password, token, ca, certificate, key string
}

// define names the options of user and password as the service is called.
func (o *accessOptions) define(f *flag.FlagSet, service string) {
	f.StringVar(&o.user, service+"-user", "", "user of this station there")
	f.StringVar(&o.password, service+"-password-file", "", "file with the password")
	f.StringVar(&o.token, "token-file", "", "file with a bearer token")
	f.StringVar(&o.ca, "ca", "", "PEM file of the authority that signed the server's certificate")
	f.StringVar(&o.certificate, "certificate", "", "PEM file of the client certificate")
	f.StringVar(&o.key, "key", "", "PEM file of its private key")
}

// read is the access, its files read.
func (o *accessOptions) read() (endpoint.Access, error) {
	a := endpoint.Access{User: o.user}
	for _, f := range []struct {
		path string
		into *string
		trim bool
	}{{o.password, &a.Password, true}, {o.token, &a.Token, true}, {o.ca, &a.CA, false}, {o.certificate, &a.Certificate, false}, {o.key, &a.PrivateKey, false}} {
		if f.path == "" {
			continue
		}
		raw, err := os.ReadFile(f.path)
		if err != nil {
			return a, fmt.Errorf("%s cannot be read: %w", f.path, err)
		}
		*f.into = string(raw)
		if f.trim {
			*f.into = strings.TrimRight(*f.into, "\r\n")
		}
	}
	return a, nil
}

// cmdDestinations configures where signed reports go.
func cmdDestinations(ctx context.Context, c *call) error {
	verb, rest, err := c.verb("list", "add", "test", "off", "on", "remove")
	if err != nil {
		return err
	}
	r := delivery.Route{}
	var access accessOptions
	formats := ""
	if err := c.parse(rest, func(f *flag.FlagSet) {
		access.define(f, "destination")
		f.StringVar(&r.Kind, "kind", outbox.KindHTTP, strings.Join(outbox.Kinds(), ", "))
		f.StringVar(&r.URL, "url", "", "address, or the folder")
		f.StringVar(&formats, "as", "", "formats, with commas: "+strings.Join(delivery.AllFormats(), ", "))
		f.DurationVar(&r.Timeout, "timeout", 0, "of one request; without it 30s")
		f.BoolVar(&r.InClear, "allow-http", false, "allow an address over which everybody on the way can read the reports")
		f.BoolVar(&r.CannotBeAsked, "cannot-be-asked", false, "it has no way to ask what it has registered")
		f.StringVar(&r.Action, "action", "", "of a SOAP platform: the action of HIPMessageServer; without it RCMR_IN000002UV02")
		f.StringVar(&r.Sender, "sender", "", "of a SOAP platform: this station's identifier")
		f.StringVar(&r.Receiver, "receiver", "", "of a SOAP platform: its identifier")
	}); err != nil {
		return err
	}
	switch {
	case verb == "list":
		if err := c.want(0, "no argument after destinations list"); err != nil {
			return err
		}
	default:
		if err := c.want(1, "the name of one destination"); err != nil {
			return err
		}
		r.Name = c.args[0]
	}
	if verb == "add" {
		if r.Access, err = access.read(); err != nil {
			return err
		}
		if r.Formats = slices.DeleteFunc(strings.Split(formats, ","), func(f string) bool { return f == "" }); len(r.Formats) == 0 && r.Kind == outbox.KindFHIR {
			r.Formats = []string{"fhir"}
		} else if len(r.Formats) == 0 && r.Kind == outbox.KindSOAP {
			r.Formats = []string{"cda"}
		}
		if err := r.Check(); err != nil {
			return usagef("%v", err)
		}
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	d := s.Delivery
	switch verb {
	case "add":
		if err := d.PutDestination(ctx, actor, r, true); err != nil {
			return err
		}
		return c.done(map[string]any{"name": r.Name, "kind": r.Kind, "url": r.URL, "formats": r.Formats}, "%s  %s  %s  %s\n", r.Name, r.Kind, r.URL, strings.Join(r.Formats, ","))
	case "list":
		list, err := d.Destinations(ctx, actor)
		if err != nil {
			return err
		}
		for _, e := range list {
			off := ""
			if e.Off {
				off = "  off"
			}
			if err := c.done(e, "%s  %s  %s  %s%s\n", e.Name, e.Kind, e.URL, strings.Join(e.Formats, ","), off); err != nil {
				return err
			}
		}
		return nil
	case "test":
		took, err := d.EchoDestination(ctx, actor, r.Name)
		if err != nil {
			return about(err, "destination", r.Name, lookDestinations)
		}
		return c.done(map[string]any{"name": r.Name, "milliseconds": took.Milliseconds()}, "%s answers, in %d ms\n", r.Name, took.Round(time.Millisecond).Milliseconds())
	case "remove":
		if err := d.RemoveDestination(ctx, actor, r.Name); err != nil {
			return about(err, "destination", r.Name, lookDestinations)
		}
		return c.done(map[string]string{"removed": r.Name}, "%s is removed\n", r.Name)
	}
	if err := d.SwitchDestination(ctx, actor, r.Name, verb == "off"); err != nil {
		return about(err, "destination", r.Name, lookDestinations)
	}
	return c.done(map[string]any{"name": r.Name, "off": verb == "off"}, "%s is switched %s\n", r.Name, verb)
}
