package outbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"longying/imaging/dicomfile"
	"longying/imaging/pacs"
	"longying/records"
)

// stow is a PACS that objects are stored in by DICOMweb (PS3.18 10.5). To store an
// object again is harmless: its UID is made of the document and its version.
type stow struct {
	dest Destination
	pacs *pacs.Client
	now  func() time.Time
}

func newStow(dest Destination, now func() time.Time) (*stow, error) {
	c, err := pacs.New(pacs.Server{Name: dest.Name, URL: dest.URL, Access: dest.Access, Timeout: dest.timeout(), Apart: true})
	return &stow{dest, c, now}, err
}

func (c *stow) close() { c.pacs.Close() }

// objects are those of a parcel, with their UIDs.
func (c *stow) objects(p parcel) ([]pacs.Object, error) {
	raws, err := Unpack(p.body)
	if err != nil {
		return nil, err
	}
	out := make([]pacs.Object, len(raws))
	for i, raw := range raws {
		f, err := dicomfile.OpenReader(bytes.NewReader(raw), int64(len(raw)), p.ID)
		if err != nil {
			return nil, err
		}
		in := f.Instance()
		out[i] = pacs.Object{StudyUID: in.StudyUID, SOPUID: in.SOPInstanceUID, Size: int64(len(raw)),
			Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil }}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *stow) send(ctx context.Context, p parcel) answer {
	objects, err := c.objects(p)
	if err != nil {
		return answer{outcome: NotEncoded, detail: err.Error(), why: unmade(c.dest.Name, err)}
	}
	outcomes, err := c.pacs.StoreOnce(ctx, objects)
	if err != nil {
		return c.failed(err)
	}
	warned := ""
	var why *records.Cause
	for _, o := range outcomes {
		switch {
		case o.State == pacs.Unsettled:
			return answer{outcome: NoAnswer, detail: fmt.Sprintf("%s, object %s: %s", c.dest.Name, o.SOPUID, o.Reason), why: because(causeNotStored, c.dest.Name, 0, o.Reason)}
		case o.State == pacs.Refused && (o.Code == 0 || o.Code == 0x0110 || o.Code&0xFF00 == 0xA700):
			// A processing failure, and a lack of resources, may pass.
			return answer{outcome: NoAnswer, detail: fmt.Sprintf("%s did not store object %s: %s", c.dest.Name, o.SOPUID, o.Reason), why: because(causeNotStored, c.dest.Name, 0, o.Reason)}
		case o.State == pacs.Refused && o.Code != 0x0111: // which says that it has it
			return answer{outcome: Refused, detail: fmt.Sprintf("%s refused object %s: %s", c.dest.Name, o.SOPUID, o.Reason), why: because(causeRefused, c.dest.Name, 0, o.Reason)}
		case o.State == pacs.Warned:
			why = because(causeWarned, c.dest.Name, 0, o.Reason)
			warned = fmt.Sprintf("stored with a warning: object %s: %s", o.SOPUID, o.Reason)
		}
	}
	return answer{outcome: Acknowledged, receipt: receiptOf(objects), registered: c.now(), detail: warned, why: why}
}

// receiptOf names what a PACS has stored; it gives no number of its own.
func receiptOf(objects []pacs.Object) string {
	if len(objects) == 1 {
		return objects[0].SOPUID
	}
	return fmt.Sprintf("%s (+%d)", objects[0].SOPUID, len(objects)-1)
}

func (c *stow) ask(ctx context.Context, p parcel) (answer, bool) {
	objects, err := c.objects(p)
	if err != nil {
		return answer{outcome: NotEncoded, detail: err.Error(), why: unmade(c.dest.Name, err)}, true
	}
	for _, o := range objects {
		has, err := c.pacs.Has(ctx, o.StudyUID, o.SOPUID)
		switch {
		case pacs.KindOf(err) == pacs.Unable || pacs.KindOf(err) == pacs.Garbage:
			return answer{}, false // it stores and cannot be asked
		case err != nil:
			return c.failed(err), true
		case !has:
			return answer{}, false
		}
	}
	return answer{outcome: AskedAndFound, receipt: receiptOf(objects), registered: c.now()}, true
}

// failed is an attempt that ended with an error of the whole request.
func (c *stow) failed(err error) answer {
	a := answer{outcome: NoAnswer, detail: err.Error(), why: because(string(pacs.Broken), c.dest.Name, 0, err.Error())}
	var e *pacs.Error
	if !errors.As(err, &e) {
		return a
	}
	a.why = because(string(e.Kind), c.dest.Name, e.Status, e.Detail)
	switch e.Kind {
	case pacs.Unreachable, pacs.Untrusted, pacs.NoCertificate:
		a.outcome = Unreachable
	case pacs.Broken:
		a.hung = e.Hung
	case pacs.Misconfigured:
		a.outcome = NotEncoded
	case pacs.Unable:
		switch e.Status {
		case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
			a.outcome, a.why.Code = Refused, causeRefused
		}
	}
	return a
}

func (c *stow) try(ctx context.Context) error { return c.pacs.Echo(ctx) }
