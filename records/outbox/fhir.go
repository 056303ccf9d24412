package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// fhirServer is an R4 server that takes transactions (R4, 3.1.0.11). Sent again, a
// transaction of package records/fhir changes nothing: each entry is a conditional
// update or create.
type fhirServer struct{ web }

// documentSystem is the system of the identifiers of documents, as records/fhir
// writes them.
const documentSystem = "urn:oid:2.16.156.10011.1.1"

const fhirJSON = "application/fhir+json"

// bundle is what is read of a Bundle, a CapabilityStatement or an OperationOutcome.
type bundle struct {
	ResourceType string    `json:"resourceType"`
	ID           string    `json:"id"`
	Type         string    `json:"type"`
	FHIRVersion  string    `json:"fhirVersion"`
	Total        int       `json:"total"`
	Entry        []entry   `json:"entry"`
	Issue        []problem `json:"issue"`
}

type entry struct {
	Resource struct {
		ResourceType string `json:"resourceType"`
		ID           string `json:"id"`
		Identifier   []struct{ System, Value string }
		Meta         struct {
			VersionID   string    `json:"versionId"`
			LastUpdated time.Time `json:"lastUpdated"`
		} `json:"meta"`
	} `json:"resource"`
	Response struct {
		Status       string    `json:"status"`
		Location     string    `json:"location"`
		LastModified time.Time `json:"lastModified"`
	} `json:"response"`
}

type problem struct {
	Severity    string `json:"severity"`
	Code        string `json:"code"`
	Diagnostics string `json:"diagnostics"`
	Details     struct {
		Text string `json:"text"`
	} `json:"details"`
}

// words is what an OperationOutcome says.
func (b bundle) words() string {
	var out []string
	for _, p := range b.Issue {
		text := p.Diagnostics
		if text == "" {
			text = p.Details.Text
		}
		out = append(out, strings.TrimSpace(p.Severity+" "+p.Code+" "+text))
	}
	return strings.Join(out, "; ")
}

func (c fhirServer) send(ctx context.Context, p parcel) answer {
	got, failed := c.exchange(ctx, http.MethodPost, c.base(), http.Header{"Content-Type": {mediaType(p.Format, p.body)}, "Accept": {fhirJSON}}, p.body)
	if failed != nil {
		return *failed
	}
	var b bundle
	if err := json.Unmarshal(got.body, &b); err != nil {
		return c.strange(got, fmt.Sprintf("is not understood: %.100q", got.body), causeUnclear, string(got.body))
	}
	if b.ResourceType == "OperationOutcome" {
		switch got.status {
		case http.StatusBadRequest, http.StatusPreconditionFailed, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
			return answer{outcome: Refused, detail: fmt.Sprintf("refused by %s: %s", c.dest.Name, b.words()), why: because(causeRefused, c.dest.Name, 0, b.words())}
		}
		return c.strange(got, "says: "+b.words(), causeNoReceipt, b.words())
	}
	if got.status/100 != 2 || b.ResourceType != "Bundle" || b.Type != "transaction-response" || len(b.Entry) == 0 {
		return c.strange(got, "is no transaction-response", causeUnclear, string(got.body))
	}
	out := answer{outcome: Acknowledged}
	for _, e := range b.Entry {
		if !strings.HasPrefix(e.Response.Status, "2") {
			return c.strange(got, fmt.Sprintf("has an entry with status %q, and a transaction is done wholly or not at all", e.Response.Status), causeNoReceipt, e.Response.Status)
		}
		if at := strings.Index(e.Response.Location, "DiagnosticReport/"); at >= 0 {
			out.receipt, out.registered = e.Response.Location[at:], e.Response.LastModified
		}
	}
	if out.receipt == "" {
		out.receipt = strings.TrimSpace("Bundle " + b.ID)
	}
	return out
}

// ask looks for the report under the identifier of this very version.
func (c fhirServer) ask(ctx context.Context, p parcel) (answer, bool) {
	id := fmt.Sprintf("%s-%d", p.DocumentID, p.Version)
	got, failed := c.exchange(ctx, http.MethodGet, c.base()+"/DiagnosticReport?identifier="+url.QueryEscape(documentSystem+"|"+id),
		http.Header{"Accept": {fhirJSON}, "Cache-Control": {"no-cache"}}, nil)
	if failed != nil {
		return *failed, true
	}
	var b bundle
	switch err := json.Unmarshal(got.body, &b); {
	case got.status == http.StatusNotFound || got.status == http.StatusMethodNotAllowed || got.status == http.StatusNotImplemented:
		return answer{}, false
	case err != nil || got.status/100 != 2 || b.ResourceType != "Bundle" || b.Type != "searchset":
		return c.strange(got, "when asked before sending again is no searchset", causeUnclear, string(got.body)), true
	}
	for _, e := range b.Entry {
		for _, x := range e.Resource.Identifier {
			if e.Resource.ResourceType == "DiagnosticReport" && x.System == documentSystem && x.Value == id {
				receipt := "DiagnosticReport/" + e.Resource.ID
				if v := e.Resource.Meta.VersionID; v != "" {
					receipt += "/_history/" + v
				}
				return answer{outcome: AskedAndFound, receipt: receipt, registered: e.Resource.Meta.LastUpdated}, true
			}
		}
	}
	return answer{}, false
}

// try asks what the server can do.
func (c fhirServer) try(ctx context.Context) error {
	got, failed := c.exchange(ctx, http.MethodGet, c.base()+"/metadata", http.Header{"Accept": {fhirJSON}}, nil)
	if failed != nil {
		return c.problem(*failed)
	}
	var b bundle
	if err := json.Unmarshal(got.body, &b); err != nil || got.status/100 != 2 || b.ResourceType != "CapabilityStatement" {
		return c.problem(c.strange(got, "is no CapabilityStatement", causeUnclear, ""))
	}
	if !strings.HasPrefix(b.FHIRVersion, "4.0") {
		return &Error{Kind: "garbage", Destination: c.dest.Name, Detail: fmt.Sprintf("it speaks FHIR %s, not R4 (4.0)", b.FHIRVersion)}
	}
	return nil
}
