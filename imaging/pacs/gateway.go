package pacs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"longying/imaging/dicomfile"
)

// A PACS without DICOMweb is reached through an Orthanc in front of it: Orthanc
// asks it (C-FIND), has it send (C-MOVE) and sends to it (C-STORE), as its REST
// API tells it to; the objects go between Orthanc and here by DICOMweb.

// orthancRoot is where Orthanc's DICOMweb services begin, below its REST API.
const orthancRoot = "/dicom-web"

// often is how often a transfer inside Orthanc is looked after.
const often = 100 * time.Millisecond

// rest sends one request to Orthanc's REST API. into may be nil.
func (c *Client) rest(ctx context.Context, method, path string, body, into any) error {
	var reader io.Reader
	var size int64
	if body != nil {
		raw, err := json.Marshal(body)
		if text, ok := body.(string); ok {
			raw, err = []byte(text), nil
		}
		if err != nil {
			return err
		}
		reader, size = bytes.NewReader(raw), int64(len(raw))
	}
	u, err := url.Parse(c.base)
	if err != nil {
		return c.failure(Misconfigured, "the address cannot be used")
	}
	u.Path = strings.TrimSuffix(u.Path, orthancRoot)
	resp, err := c.exchangeAt(ctx, method, strings.TrimRight(u.String(), "/")+path, http.Header{"Content-Type": {"application/json"}}, reader, size)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return c.status(resp)
	}
	if into == nil {
		return nil
	}
	in := &limited{r: resp.Body, left: maxPage}
	if err := json.NewDecoder(in).Decode(into); err != nil {
		if in.err != nil && KindOf(in.err) != "" {
			return in.err
		}
		return &Error{Kind: Garbage, Server: c.server.Name, Detail: err.Error(), Err: err}
	}
	return nil
}

// behind words an error of Orthanc's that may be one of the PACS behind it.
func behind(err error) error {
	var e *Error
	if errors.As(err, &e) && (e.Kind == Unable || e.Kind == Absent) {
		return &Error{Kind: Unreachable, Server: e.Server, Status: e.Status, Err: err,
			Detail: "Orthanc runs, and the PACS behind it does not answer or is not in its DicomModalities"}
	}
	return err
}

// ask has Orthanc ask the PACS for studies. done forgets the question.
func (c *Client) ask(ctx context.Context, q Query) (path string, answers []map[string]string, done func(), err error) {
	days := ""
	switch {
	case q.From != "" && q.From == q.To:
		days = q.From
	case q.From != "" || q.To != "":
		days = q.From + "-" + q.To
	}
	query := map[string]any{"Level": "Study", "Normalize": false, "Query": map[string]string{
		"PatientName": pattern(q.Name), "PatientID": q.PatientID, "AccessionNumber": q.Accession, "ModalitiesInStudy": q.Modality, "StudyDate": days,
		"StudyInstanceUID": q.StudyUID, "StudyTime": "", "StudyDescription": "", "PatientSex": "", "PatientBirthDate": "", "InstitutionName": "",
		"ReferringPhysicianName": "", "NumberOfStudyRelatedInstances": "", "NumberOfStudyRelatedSeries": ""}}
	var id struct{ ID, Path string }
	if err := c.rest(ctx, http.MethodPost, "/modalities/"+c.server.Gateway+"/query", query, &id); err != nil {
		return "", nil, nil, behind(err)
	}
	path = "/queries/" + id.ID
	done = func() {
		_ = c.rest(context.WithoutCancel(ctx), http.MethodDelete, path, nil, nil) // Orthanc forgets old ones itself
	}
	var raw []map[string]any
	if err := c.rest(ctx, http.MethodGet, path+"/answers?expand&simplify", nil, &raw); err != nil {
		done()
		return "", nil, nil, err
	}
	for _, r := range raw {
		one := map[string]string{}
		for key, v := range r {
			if text, ok := v.(string); ok {
				one[key] = strings.Trim(text, " \x00")
			}
		}
		answers = append(answers, one)
	}
	return path, answers, done, nil
}

// find is Studies through a gateway.
func (c *Client) find(ctx context.Context, q Query) (Found, error) {
	_, answers, done, err := c.ask(ctx, q)
	if err != nil {
		return Found{}, err
	}
	defer done()
	var found Found
	limit := q.Limit
	if limit <= 0 || limit > MaxResults {
		limit = MaxResults
	}
	for _, a := range answers {
		s := answered(a)
		// Modalities and institution are no keys that a PACS has to match, or give.
		loose := q
		if len(s.Modalities) > 0 {
			loose.Modality = ""
		}
		if s.Institution != "" {
			loose.Site = ""
		}
		if dicomfile.CheckUID(s.UID) != nil || !q.fits(s, loose) {
			continue
		}
		if len(found.Studies) == limit {
			found.More = true
			break
		}
		found.Studies = append(found.Studies, s)
	}
	return found, nil
}

// answered is a study as Orthanc writes the answer of a C-FIND.
func answered(a map[string]string) Study {
	d := Dataset{}
	for key, tag := range map[string]dicomfile.Tag{"StudyInstanceUID": dicomfile.TagStudyInstanceUID, "AccessionNumber": dicomfile.TagAccessionNumber,
		"ModalitiesInStudy": tagModalities, "StudyDescription": dicomfile.TagStudyDescription, "InstitutionName": dicomfile.TagInstitutionName,
		"ReferringPhysicianName": dicomfile.TagReferringPhysician, "PatientName": dicomfile.TagPatientName, "PatientID": dicomfile.TagPatientID,
		"PatientSex": dicomfile.TagPatientSex, "PatientBirthDate": dicomfile.TagPatientBirthDate, "NumberOfStudyRelatedSeries": tagSeriesCount,
		"NumberOfStudyRelatedInstances": tagObjectCount, "StudyDate": dicomfile.TagStudyDate, "StudyTime": dicomfile.TagStudyTime} {
		if v := a[key]; v != "" {
			d[tag] = Element{Values: []string{v}}
		}
	}
	return study(d)
}

// move has the PACS send a study to Orthanc, unless that has all of it.
func (c *Client) move(ctx context.Context, studyUID string, progress func(Progress)) error {
	path, answers, done, err := c.ask(ctx, Query{StudyUID: studyUID})
	if err != nil {
		return err
	}
	defer done()
	at := slices.IndexFunc(answers, func(a map[string]string) bool { return a["StudyInstanceUID"] == studyUID })
	if at < 0 {
		return &Error{Kind: Absent, Server: c.server.Name, Detail: "the PACS behind Orthanc does not have study " + studyUID}
	}
	if there := answered(answers[at]).Instances; there > 0 {
		here, err := c.Instances(ctx, studyUID)
		if err == nil && len(here) >= there {
			return nil
		}
	}
	var job struct{ ID string }
	if err := c.rest(ctx, http.MethodPost, fmt.Sprintf("%s/answers/%d/retrieve", path, at), map[string]any{"Synchronous": false}, &job); err != nil {
		return behind(err)
	}
	tick := time.NewTicker(often)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			_ = c.rest(context.WithoutCancel(ctx), http.MethodPost, "/jobs/"+job.ID+"/cancel", map[string]any{}, nil) // it may have ended
			return context.Cause(ctx)
		}
		var state struct {
			State            string
			ErrorDescription string
		}
		if err := c.rest(ctx, http.MethodGet, "/jobs/"+job.ID, nil, &state); err != nil {
			return err
		}
		switch state.State {
		case "Success":
			return nil
		case "Failure":
			return c.failure(Unable, "the PACS behind Orthanc did not send the study ("+state.ErrorDescription+"); is this computer entered there as a destination?")
		}
		if progress != nil {
			progress(Progress{})
		}
	}
}

// sendOn has Orthanc send what it stored to the PACS; what that does not take is
// refused.
func (c *Client) sendOn(ctx context.Context, stored []Outcome) error {
	for i := range stored {
		o := &stored[i]
		if o.State != Stored && o.State != Warned {
			continue
		}
		err := c.sendOne(ctx, o.SOPUID)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			o.State, o.Reason = Refused, "Orthanc has it, and the PACS behind it did not take it; store it again: "+err.Error()
		}
	}
	return nil
}

func (c *Client) sendOne(ctx context.Context, sopUID string) error {
	var found []struct{ ID, Type string }
	if err := c.rest(ctx, http.MethodPost, "/tools/lookup", sopUID, &found); err != nil {
		return err
	}
	for _, f := range found {
		if f.Type != "Instance" {
			continue
		}
		var sent struct{ InstancesCount, FailedInstancesCount int }
		err := c.rest(ctx, http.MethodPost, "/modalities/"+c.server.Gateway+"/store", map[string]any{"Resources": []string{f.ID}, "Synchronous": true}, &sent)
		if err == nil && (sent.InstancesCount == 0 || sent.FailedInstancesCount > 0) {
			err = errors.New("it was not sent")
		}
		return err
	}
	return errors.New("it is not found in Orthanc")
}
