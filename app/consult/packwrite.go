package consult

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"longying/app/trail"
	"longying/records"
	"longying/records/sqlite"
)

// PlanPack says what a pack would hold and how large it would be, and of a
// de-identified one which texts a person has to look at. Nothing is written.
func (c *Consult) PlanPack(ctx context.Context, actor records.User, id string, o PackOptions, progress func(done, total int)) (_ PackPlan, err error) {
	defer trail.Outcome(ctx, c.store, actor, "consult_pack", id, &err)
	if err := trail.Require(ctx, c.store, actor, records.RightLeadConsult, "consult_pack", id); err != nil {
		return PackPlan{}, err
	}
	d, err := c.draft(ctx, actor, id, o, progress)
	if err != nil {
		return PackPlan{}, err
	}
	return d.plan, nil
}

// WritePack writes the consult as one file, sealed with a passphrase (age, scrypt
// recipient): record extract, findings, reports, opinions, decision, minutes, a
// picture of each place, presentation states and the chosen DICOM objects. What was
// written to w is of no use where it fails. A de-identified pack is written only
// with its texts confirmed.
func (c *Consult) WritePack(ctx context.Context, actor records.User, id string, o PackOptions, w io.Writer, progress func(done, total int)) (out PackPlan, err error) {
	defer trail.Outcome(ctx, c.store, actor, "consult_pack", id, &err)
	if err := trail.Require(ctx, c.store, actor, records.RightLeadConsult, "consult_pack", id); err != nil {
		return out, err
	}
	if err := longEnough(o.Passphrase); err != nil {
		return out, err
	}
	d, err := c.draft(ctx, actor, id, o, nil)
	if err != nil {
		return out, err
	}
	if o.DeIdentified {
		if err := d.confirmed(); err != nil {
			return out, err
		}
	}
	patient := ""
	err = c.store.View(ctx, func(tx *sqlite.Tx) error {
		m, err := tx.Consult(id)
		if err == nil {
			patient = m.PatientID
		}
		return err
	})
	if err != nil {
		return out, err
	}
	if err := seal(w, o.Passphrase, func(w io.Writer) error { return d.write(ctx, w, progress) }); err != nil {
		return out, err
	}
	return d.plan, c.store.Update(ctx, func(tx *sqlite.Tx) error {
		m, err := tx.Consult(id)
		if err != nil {
			return err
		}
		m.Packs = append(m.Packs, records.SentPack{ID: d.pack.ID, By: actor.ID, At: d.pack.PackedAt})
		if err := tx.PutConsult(m); err != nil {
			return err
		}
		kind := "identified"
		if o.DeIdentified {
			kind = "de-identified"
		}
		return c.audit(tx, actor, "consult_pack", id, patient, fmt.Sprintf("%s, %s, %d images, %d objects, %d left out", d.pack.ID, kind, len(d.pack.Images), len(d.pack.Objects), len(d.pack.Left)))
	})
}

// counted is a writer that ends with its context and at a bound.
type counted struct {
	ctx  context.Context
	w    io.Writer
	left int64
}

func (c *counted) Write(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	if c.left -= int64(len(b)); c.left < 0 {
		return 0, &records.RefusedError{Code: "pack_too_large", Args: []string{fmt.Sprint(maxPack >> 20), fmt.Sprint(maxPack >> 20)},
			Reason: fmt.Sprintf("the pack grew over %d MiB, and larger ones cannot be opened elsewhere", maxPack>>20)}
	}
	return c.w.Write(b)
}

// write is the ZIP file: the objects first, since the manifest has their hashes.
func (d *draft) write(ctx context.Context, w io.Writer, progress func(done, total int)) error {
	out := &counted{ctx, w, maxPack}
	zw := zip.NewWriter(out)
	create := func(name string) (io.Writer, error) {
		return zw.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: d.pack.PackedAt})
	}
	add := func(name string, data []byte) error {
		f, err := create(name)
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		return err
	}
	for i, s := range d.sources {
		if progress != nil {
			progress(i, len(d.sources))
		}
		f, err := create(d.pack.Objects[i].File)
		if err != nil {
			return err
		}
		if err := d.object(ctx, s, &d.pack.Objects[i], &counted{ctx, f, maxPack}); err != nil {
			return err
		}
	}
	for _, img := range d.pack.Images {
		if err := add(img.File, img.PNG); err != nil {
			return err
		}
	}
	if err := add(minutesFile, []byte(Minutes(&d.pack.Consult, &d.pack.Patient))); err != nil {
		return err
	}
	manifest, err := json.MarshalIndent(d.pack, "", " ")
	if err != nil {
		return err
	}
	if err := d.nameless(manifest); err != nil {
		return err
	}
	if len(manifest) > maxManifest {
		return fmt.Errorf("the record extract of the pack has %d MiB; at most %d MiB can be opened elsewhere", len(manifest)>>20, maxManifest>>20)
	}
	if err := add(manifestFile, manifest); err != nil {
		return err
	}
	return zw.Close()
}

// object writes one object and notes its size and hash.
func (d *draft) object(ctx context.Context, s source, o *PackedObject, w *counted) error {
	h := sha256.New()
	to := io.MultiWriter(w, h)
	switch {
	case s.raw != nil:
		if _, err := to.Write(s.raw); err != nil {
			return err
		}
	default:
		f, err := d.c.archive.Open(ctx, s.sopUID)
		if err != nil {
			return err
		}
		defer f.Close()
		if d.profile == nil {
			_, err = io.Copy(to, f.Object())
		} else {
			_, err = d.profile.Object(ctx, f, to)
		}
		if err != nil {
			return fmt.Errorf("object %s cannot be packed: %w", s.sopUID, err)
		}
	}
	o.Size, o.SHA256 = maxPack-w.left, hex.EncodeToString(h.Sum(nil))
	return nil
}

// nameless is the last look at a de-identified pack: whatever way something of the
// patient came into it, it does not leave.
func (d *draft) nameless(manifest []byte) error {
	if d.mask == nil {
		return nil
	}
	for _, s := range d.never {
		if bytes.Contains(bytes.ToLower(manifest), []byte(strings.ToLower(s))) {
			return errors.New("something that names the patient was about to go into the de-identified pack; it was not written, please report this")
		}
	}
	return nil
}
