package admin

import (
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"longying/app/trail"
	"longying/records"
	"longying/records/auditmessage"
	"longying/records/sqlite"
)

// ExportAudit writes entries of the audit trail, oldest first, into a new file as
// DICOM audit messages (PS3.15 A.5), each an XML document of its own: where the
// name ends in .zip each as a file in it, else one a line. A file that is there
// is refused. The writing is audited. It returns how many there are.
//
// The trail itself stays: nothing in this program deletes an entry of it.
func (a *Admin) ExportAudit(ctx context.Context, actor records.User, f AuditFilter, path string) (n int, err error) {
	defer trail.Outcome(ctx, a.store, actor, "export_audit", "", &err)
	if err := trail.Require(ctx, a.store, actor, records.RightAudit, "export_audit", ""); err != nil {
		return 0, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return 0, &records.RefusedError{Code: "file_exists", Args: []string{path}, Reason: path + " is there already; name a new file"}
	}
	if err != nil {
		return 0, fmt.Errorf("the audit trail was not exported: %w", err)
	}
	n, err = a.export(ctx, f, file, strings.EqualFold(filepath.Ext(path), ".zip"))
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return 0, errors.Join(fmt.Errorf("%s: the audit trail was not exported: %w", path, err), os.Remove(path))
	}
	return n, a.store.Update(ctx, func(tx *sqlite.Tx) error {
		return a.audit(tx, actor, "export_audit", "", trail.OK, strings.TrimSpace(fmt.Sprintf("%d events %s", n, f.asked())))
	})
}

func (a *Admin) export(ctx context.Context, f AuditFilter, w io.Writer, zipped bool) (int, error) {
	buffer := bufio.NewWriter(w)
	archive := zip.NewWriter(buffer)
	n := 0
	err := a.store.View(ctx, func(tx *sqlite.Tx) error {
		var org records.Organization
		if err := readSetting(tx, SettingOrganization, &org); err != nil {
			return err
		}
		events, err := auditEvents(ctx, tx, f)
		if err != nil {
			return err
		}
		users, err := tx.Users()
		if err != nil {
			return err
		}
		slices.Reverse(events)
		for i := range events {
			e := &events[i]
			if err := ctx.Err(); err != nil {
				return err
			}
			s := auditmessage.Subject{User: slices.ContainsFunc(users, func(u records.User) bool { return u.ID == e.Object })}
			if s.Study, err = tx.StudyBehind(e.Object); err != nil {
				return err
			}
			m := auditmessage.Of(e, s, org.Code)
			if !zipped {
				if err := m.Write(buffer); err != nil {
					return err
				}
				if err := buffer.WriteByte('\n'); err != nil {
					return err
				}
				continue
			}
			one, err := archive.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("%08d.xml", e.Seq), Method: zip.Deflate, Modified: e.At})
			if err != nil {
				return err
			}
			if err := m.Write(one); err != nil {
				return err
			}
		}
		n = len(events)
		return nil
	})
	if err == nil && zipped {
		err = archive.Close()
	}
	return n, errors.Join(err, buffer.Flush())
}
