package consult

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"sort"
	"time"

	"longying/app/trail"
	"longying/imaging"
	"longying/records"
	"longying/records/sqlite"
)

// PackVersion is the format of a consult pack.
const PackVersion = "longying-consult-pack/1"

// Pack is what a consult pack holds once it is open.
type Pack struct {
	Version   string                   `json:"version"`
	ID        string                   `json:"id"` // named by replies; empty in packs of before replies
	PackedAt  time.Time                `json:"packed_at"`
	PackedBy  string                   `json:"packed_by"`
	Consult   records.Consult          `json:"consult"`
	Patient   records.Patient          `json:"patient"`
	Visits    []records.Visit          `json:"visits"`
	Findings  []records.Finding        `json:"findings"`
	Documents []records.SignedDocument `json:"documents"`
	Images    []PackedImage            `json:"images"`
}

// PackedImage is one key image inside the pack.
type PackedImage struct {
	File   string      `json:"file"` // images/1.png inside the pack
	Title  string      `json:"title"`
	Ref    imaging.Ref `json:"ref"`
	SHA256 string      `json:"sha256"`
	PNG    []byte      `json:"-"`
}

// maxPack bounds what OpenPack reads, in bytes.
const maxPack = 512 << 20

// WritePack writes the consult as one file, sealed with a passphrase
// (age, scrypt recipient): the record extract, findings, signed documents,
// opinions, decision, minutes and a key image of each item with a place.
func (c *Consult) WritePack(ctx context.Context, actor records.User, id, passphrase string, w io.Writer) (err error) {
	defer trail.Outcome(ctx, c.store, actor, "consult_pack", id, &err)
	if err := trail.Require(ctx, c.store, actor, records.RightLeadConsult, "consult_pack", id); err != nil {
		return err
	}
	if err := longEnough(passphrase); err != nil {
		return err
	}
	p := Pack{Version: PackVersion, ID: newID("PACK-"), PackedAt: c.now(), PackedBy: actor.Name}
	err = c.store.View(ctx, func(tx *sqlite.Tx) error {
		m, err := tx.Consult(id)
		if err != nil {
			return fmt.Errorf("consult %s: %w", id, err)
		}
		if err := m.Allows(records.StepPack); err != nil {
			return err
		}
		p.Consult = *m
		patient, err := tx.Patient(m.PatientID)
		if err != nil {
			return err
		}
		p.Patient = *patient
		if p.Visits, err = tx.VisitsOf(m.PatientID); err != nil {
			return err
		}
		studies := map[string]bool{}
		for _, it := range m.Items {
			if it.FindingUID != "" {
				f, err := tx.Finding(it.FindingUID)
				if err != nil {
					return err
				}
				if f.State.Factual() {
					p.Findings = append(p.Findings, *f)
				}
			}
			if it.Ref != nil {
				studies[it.Ref.StudyUID] = true
			}
		}
		for _, uid := range sortedKeys(studies) {
			docs, err := tx.SignedDocuments(uid)
			if err != nil {
				return err
			}
			for _, d := range records.Standing(docs) {
				if person, err := tx.Person(d.Document.Patient.ID); err != nil {
					return err
				} else if person == p.Consult.PatientID {
					p.Documents = append(p.Documents, d)
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, it := range p.Consult.Items {
		if it.Ref == nil {
			continue
		}
		img, err := c.keyImage(ctx, it)
		if err != nil {
			return fmt.Errorf("the key image of %q cannot be made: %w", it.Title, err)
		}
		img.File = fmt.Sprintf("images/%d.png", len(p.Images)+1)
		p.Images = append(p.Images, img)
	}
	if err := seal(w, passphrase, p.write); err != nil {
		return err
	}
	return c.store.Update(ctx, func(tx *sqlite.Tx) error {
		m, err := tx.Consult(id)
		if err != nil {
			return err
		}
		m.Packs = append(m.Packs, records.SentPack{ID: p.ID, By: actor.ID, At: p.PackedAt})
		if err := tx.PutConsult(m); err != nil {
			return err
		}
		return c.audit(tx, actor, "consult_pack", id, p.Consult.PatientID, fmt.Sprintf("%s, %d images", p.ID, len(p.Images)))
	})
}

// keyImage renders the place an item points at, as the desktop shows it at
// first.
func (c *Consult) keyImage(ctx context.Context, it records.ConsultItem) (PackedImage, error) {
	ref := *it.Ref
	if ref.SOPUID == "" {
		study, err := c.archive.Study(ctx, ref.StudyUID)
		if err != nil {
			return PackedImage{}, err
		}
		s := study.Series[0]
		in := s.Instances[len(s.Instances)/2]
		ref.SeriesUID, ref.SOPUID, ref.SOPClass = s.UID, in.SOPInstanceUID, in.SOPClassUID
	}
	img, err := c.archive.Picture(ctx, ref)
	if err != nil {
		return PackedImage{}, err
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		return PackedImage{}, err
	}
	sum := sha256.Sum256(buf.Bytes())
	return PackedImage{Title: it.Title, Ref: ref, SHA256: hex.EncodeToString(sum[:]), PNG: buf.Bytes()}, nil
}

func (p *Pack) write(w io.Writer) error {
	zw := zip.NewWriter(w)
	add := func(name string, data []byte) error {
		f, err := zw.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: p.PackedAt})
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		return err
	}
	manifest, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		return err
	}
	if err := add("consult.json", manifest); err != nil {
		return err
	}
	if err := add("minutes.txt", []byte(Minutes(&p.Consult, &p.Patient))); err != nil {
		return err
	}
	for _, img := range p.Images {
		if err := add(img.File, img.PNG); err != nil {
			return err
		}
	}
	return zw.Close()
}

// OpenPack opens a pack with its passphrase, anywhere, and checks the hash of
// each image and each signed document.
func OpenPack(r io.Reader, passphrase string) (*Pack, error) {
	raw, err := unseal(r, passphrase)
	if err != nil {
		return nil, err
	}
	files, err := unzip(raw)
	if err != nil {
		return nil, err
	}
	if files["consult.json"] == nil && files[replyFile] != nil {
		return nil, &records.RefusedError{Code: "pack_reply", Reason: "this file is a reply with opinions, not a consult pack; merge it where the consult is kept"}
	}
	var p Pack
	dec := json.NewDecoder(bytes.NewReader(files["consult.json"]))
	if err := dec.Decode(&p); err != nil {
		return nil, fmt.Errorf("the pack is damaged: %w", err)
	}
	if p.Version != PackVersion {
		return nil, fmt.Errorf("the pack has format %q; this version reads %q", p.Version, PackVersion)
	}
	for i := range p.Images {
		img := &p.Images[i]
		img.PNG = files[img.File]
		if sum := sha256.Sum256(img.PNG); hex.EncodeToString(sum[:]) != img.SHA256 {
			return nil, fmt.Errorf("%s inside the pack is not what was packed", img.File)
		}
	}
	for i := range p.Documents {
		d := &p.Documents[i]
		canonical, err := d.Document.Canonical()
		if err != nil {
			return nil, err
		}
		if sum := sha256.Sum256(canonical); hex.EncodeToString(sum[:]) != d.SHA256 {
			return nil, fmt.Errorf("the signed report %s inside the pack is not what was signed", d.Document.ID)
		}
		d.Canonical = canonical
	}
	return &p, nil
}

func sortedKeys(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
