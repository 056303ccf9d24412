package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"longying/app/transfer"
	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/imaging/pacs"
	"longying/imaging/pacs/orthanc"
)

const lookPACS = "longying pacs list lists those that are"

// pacsOptions are the options of longying pacs.
type pacsOptions struct {
	server, as string
	query      pacs.Query
	date       string

	access       accessOptions
	url, gateway string
	timeout      time.Duration

	orthanc         orthanc.Settings
	orthancPassword string
}

func (o *pacsOptions) define(f *flag.FlagSet) {
	f.StringVar(&o.server, "pacs", "", "name of the PACS; without it the first one")
	f.StringVar(&o.query.PatientID, "patient", "", "patient ID")
	f.StringVar(&o.query.Name, "name", "", "name, or a part of it; * and ? are wildcards")
	f.StringVar(&o.date, "date", "", "YYYYMMDD, or YYYYMMDD-YYYYMMDD, either end may be left out")
	f.StringVar(&o.query.Modality, "modality", "", "")
	f.StringVar(&o.query.Accession, "accession", "", "accession number")
	f.StringVar(&o.query.Site, "site", "", "institution name; with add: that every query is limited to")
	f.BoolVar(&o.query.Fuzzy, "fuzzy", false, "ask the PACS to match the name by its sound")
	f.IntVar(&o.query.Limit, "limit", 0, "results at most")
	f.StringVar(&o.as, "as", "sr,pdf", "what of a study: sr, pdf, seg, gsps, sc, objects")
	f.StringVar(&o.url, "url", "", "address of the DICOMweb services")
	o.access.define(f, "pacs")
	f.StringVar(&o.gateway, "gateway", "", "with an Orthanc in front of an old PACS: its name there, in DicomModalities")
	f.DurationVar(&o.timeout, "timeout", 0, "without any byte from the PACS")
	f.IntVar(&o.orthanc.HTTPPort, "http-port", 0, "of Orthanc's DICOMweb services")
	f.IntVar(&o.orthanc.DICOMPort, "dicom-port", 0, "of Orthanc's DICOM services")
	f.StringVar(&o.orthanc.Modality, "modality-node", "", "the old PACS: TITLE,ADDRESS,PORT")
	f.StringVar(&o.orthancPassword, "orthanc-password-file", "", "file with the password that Orthanc asks of Longying")
}

func cmdPACS(ctx context.Context, c *call) error {
	verb, rest, err := c.verb("echo", "query", "retrieve", "store", "add", "list", "remove", "orthanc-config")
	if err != nil {
		return err
	}
	var o pacsOptions
	if err := c.parse(rest, o.define); err != nil {
		return err
	}
	if err := c.wantPACS(verb, &o); err != nil {
		return err
	}
	if verb == "orthanc-config" {
		return c.orthancConfig(o)
	}
	var server pacs.Server
	if verb == "add" {
		if server, err = o.configured(c.args[0]); err != nil {
			return err
		}
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	t := s.Transfer
	switch verb {
	case "add":
		if err := t.Put(ctx, actor, server, true); err != nil {
			return err
		}
		return c.done(map[string]string{"name": server.Name, "url": server.URL}, "%s  %s\n", server.Name, server.URL)
	case "remove":
		if err := t.Remove(ctx, actor, c.args[0]); err != nil {
			return about(err, "PACS", c.args[0], lookPACS)
		}
		return c.done(map[string]string{"removed": c.args[0]}, "%s is removed\n", c.args[0])
	case "list":
		list, err := t.Servers(ctx, actor)
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := c.done(e, "%s  %s\n", e.Name, e.URL); err != nil {
				return err
			}
		}
		return nil
	case "echo":
		name, took, err := t.Echo(ctx, actor, o.server)
		if err != nil {
			return about(err, "PACS", o.server, lookPACS)
		}
		return c.done(map[string]any{"name": name, "milliseconds": took.Milliseconds()}, "%s answers, in %d ms\n", name, took.Milliseconds())
	case "query":
		found, err := t.Query(ctx, actor, o.server, o.query)
		if err != nil {
			return about(err, "PACS", o.server, lookPACS)
		}
		return c.printFound(found)
	case "retrieve":
		res, err := t.Retrieve(ctx, actor, o.server, c.args[0], c.pacsProgress())
		return c.printRetrieved(res, about(err, "PACS", o.server, lookPACS))
	}
	if _, err := os.Stat(c.args[0]); err == nil {
		out, skipped, err := t.StoreFiles(ctx, actor, o.server, c.args, nil)
		for _, text := range skipped {
			fmt.Fprintln(c.Stderr, "skipped", text)
		}
		return c.printStored(out, len(skipped), about(err, "PACS", o.server, lookPACS))
	}
	out, err := t.StoreStudy(ctx, actor, o.server, c.args[0], strings.Split(o.as, ","), nil)
	return c.printStored(out, 0, about(about(err, "study", c.args[0], lookStudies), "PACS", o.server, lookPACS))
}

// wantPACS finds a wrong call before anybody signs in.
func (c *call) wantPACS(verb string, o *pacsOptions) error {
	switch verb {
	case "echo", "query", "list", "orthanc-config":
		if err := c.want(0, "no argument after "+verb+"; the PACS is named by --pacs"); err != nil {
			return err
		}
	case "retrieve":
		if err := c.want(1, "one study UID"); err != nil {
			return err
		}
		if dicomfile.CheckUID(c.args[0]) != nil {
			return usagef("%q is no study UID", c.args[0])
		}
	case "store":
		if len(c.args) == 0 {
			return usagef("pacs store needs a study UID, or DICOM files")
		}
		if _, err := os.Stat(c.args[0]); err != nil && (len(c.args) > 1 || dicomfile.CheckUID(c.args[0]) != nil) {
			return usagef("%s is neither a file that is there nor a study UID", c.args[0])
		}
		for _, kind := range strings.Split(o.as, ",") {
			if !slices.Contains(transfer.Kinds(), kind) {
				return usagef("pacs store --as takes %s, not %q", strings.Join(transfer.Kinds(), ", "), kind)
			}
		}
	default:
		if err := c.want(1, "the name of one PACS"); err != nil {
			return err
		}
		if verb == "add" && o.url == "" {
			return usagef("pacs add needs --url, the address of the DICOMweb services")
		}
	}
	from, to, ranged := strings.Cut(o.date, "-")
	if o.query.From, o.query.To = from, to; !ranged {
		o.query.To = from
	}
	if err := o.query.Check(); err != nil {
		return usagef("%v", err)
	}
	return nil
}

// configured is the server that the options describe.
func (o *pacsOptions) configured(name string) (pacs.Server, error) {
	access, err := o.access.read()
	return pacs.Server{Name: name, URL: o.url, Access: access, Site: o.query.Site, Gateway: o.gateway, Timeout: o.timeout}, err
}

func (c *call) orthancConfig(o pacsOptions) error {
	if o.orthancPassword != "" {
		var err error
		if o.orthanc.Password, err = readSecret(o.orthancPassword); err != nil {
			return fmt.Errorf("the password was not read: %w", err)
		}
	}
	text, err := orthanc.Config(o.orthanc)
	if err != nil {
		return usagef("%v", err)
	}
	return c.done(map[string]string{"config": text}, "%s", text)
}

// pacsProgress tells on standard error where the connection broke; how far a
// retrieval has come is for a window.
func (c *call) pacsProgress() func(pacs.Progress) {
	broken := 0
	return func(p pacs.Progress) {
		if p.Tries > broken && !c.json {
			c.printf("the connection broke after %d of %d instances; trying again\n", p.Done, p.Total)
		}
		broken = p.Tries
	}
}

func (c *call) printFound(found pacs.Found) error {
	for _, s := range found.Studies {
		date := ""
		if !s.Date.IsZero() {
			date = s.Date.In(imaging.Zone()).Format("2006-01-02")
			if s.Exact {
				date = s.Date.In(imaging.Zone()).Format("2006-01-02 15:04")
			}
		}
		row := map[string]any{"study_uid": s.UID, "name": s.Name.Display(), "patient_name": s.Name.String(), "patient_id": s.PatientID, "sex": s.Sex, "birth_date": s.BirthDate,
			"date": date, "modalities": s.Modalities, "description": s.Description, "accession_number": s.Accession, "institution": s.Institution,
			"series": s.Series, "instances": s.Instances, "offline": s.Offline}
		if err := c.done(row, "%s  %s  %s  %s  %s  %s\n", s.UID, date, strings.Join(s.Modalities, ","), s.Name.Display(), s.PatientID, s.Description); err != nil {
			return err
		}
	}
	for _, n := range found.Notes {
		c.printf("(the PACS says: %s)\n", n)
	}
	if found.Looked > 0 {
		c.printf("(the PACS cannot look for this; %d studies were looked through here)\n", found.Looked)
	}
	if found.More {
		return &partError{fmt.Sprintf("%d studies, and there are more; ask for less, e.g. with --date", len(found.Studies))}
	}
	c.printf("%d studies\n", len(found.Studies))
	return nil
}

func (c *call) printRetrieved(res transfer.Retrieved, err error) error {
	if res.Server == "" {
		return err
	}
	if res.Examination != nil || res.Waiting > 0 {
		row := map[string]any{"received": res.Kept, "known": res.Known, "total": res.Total, "missing": len(res.Missing), "waiting": res.Waiting, "bytes": res.Bytes, "pacs": res.Server}
		if res.Examination != nil {
			for k, v := range studyRow(*res.Examination) {
				row[k] = v
			}
		}
		if c.json {
			if err := c.emit(row); err != nil {
				return err
			}
		}
	}
	if ex := res.Examination; ex != nil {
		c.printf("%s  %s  %s  %d images  %s\n", ex.StudyUID, strings.Join(ex.Modalities, ","), or(ex.Header.Display, ex.Description), ex.Instances, linkWords(*ex))
	}
	c.printf("%d instances came, %d were here\n", res.Kept, res.Known)
	for _, m := range res.Missing {
		fmt.Fprintf(c.Stderr, "missing %s: %s\n", m.SOPUID, m.Reason)
	}
	for _, s := range res.Skipped {
		fmt.Fprintf(c.Stderr, "skipped %s: %s %s\n", s.Path, s.Code, s.Detail)
	}
	switch n := len(res.Missing) + len(res.Skipped); {
	case err != nil && res.Waiting > 0:
		return &partError{fmt.Sprintf("%v; %d instances have come and are kept, the same command goes on from there", err, res.Waiting)}
	case err != nil:
		return err
	case n > 0:
		return &partError{fmt.Sprintf("%d instances are missing; the rest is stored", n)}
	}
	return nil
}

func (c *call) printStored(out transfer.Stored, skipped int, err error) error {
	for _, o := range out.Outcomes {
		row := map[string]any{"sop_uid": o.SOPUID, "state": o.State, "code": o.Code, "reason": o.Reason, "pacs": out.Server}
		if err := c.done(row, "%s  %s  %s\n", o.SOPUID, o.State, o.Reason); err != nil {
			return err
		}
	}
	for _, text := range out.Left {
		fmt.Fprintln(c.Stderr, "left out:", text)
	}
	failed := out.Failed()
	stored := len(out.Outcomes) - failed
	switch {
	case err != nil && stored > 0:
		return &partError{fmt.Sprintf("%v; %d objects are stored", err, stored)}
	case err != nil:
		return err
	case failed > 0 && stored == 0:
		return errors.New("the PACS stored nothing: " + out.Outcomes[0].Reason)
	case failed > 0:
		return &partError{fmt.Sprintf("%d of %d objects were not stored", failed, len(out.Outcomes))}
	case len(out.Left) > 0:
		return &partError{fmt.Sprintf("%d objects are stored, %d could not be written", stored, len(out.Left))}
	case skipped > 0:
		return &partError{fmt.Sprintf("%d files were skipped; %d objects are stored", skipped, stored)}
	}
	return nil
}
