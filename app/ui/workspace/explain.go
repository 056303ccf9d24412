package workspace

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"longying/app/ui/lang"
	"longying/app/worker"
	"longying/imaging/pacs"
	"longying/inference/ort"
	"longying/records"
	"longying/records/outbox"
	"longying/records/seal"
	"longying/records/sqlite"
)

// Explained words an error for people: refusals by their code, cancelling as
// such, what a person can mend by its type, everything else as it stands.
func Explained(l *lang.Strings, err error) string {
	var (
		preflight  *records.PreflightError
		refused    *records.RefusedError
		stale      *records.StaleError
		password   *seal.PasswordError
		passphrase *seal.PassphraseError
		newer      *sqlite.NewerDatabaseError
		damaged    *seal.DamagedError
		runtime    *ort.MissingError
		worked     *worker.Failure
		server     *pacs.Error
		target     *outbox.Error
		path       *fs.PathError
	)
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.Canceled):
		return l.T("shell.cancelled")
	case errors.Is(err, context.DeadlineExceeded):
		return l.T("shell.timed_out")
	case errors.As(err, &preflight):
		return l.T("error.preflight", l.Or(lang.Key("format."+preflight.Format), preflight.Format)) + "\n" + Problems(l, preflight.Problems)
	case errors.As(err, &refused):
		args := make([]any, len(refused.Args))
		for i, a := range refused.Args {
			args[i] = a
		}
		return l.Or(lang.Key("refused."+refused.Code), refused.Reason, args...)
	case errors.As(err, &password):
		return l.Or(lang.Key("error.password_"+password.Code), password.Reason, seal.MinPassword)
	case errors.As(err, &passphrase):
		return l.Or(lang.Key("error.passphrase_"+passphrase.Code), passphrase.Reason, seal.MinPassphrase)
	case errors.As(err, &stale):
		return l.T("error.stale")
	case errors.As(err, &newer):
		return l.T("error.newer_database", newer.Path, newer.Found, newer.Known)
	case errors.Is(err, sqlite.ErrBusy):
		return l.T("error.busy")
	case errors.Is(err, sqlite.ErrDiskFull):
		return l.T("error.disk_full")
	case errors.Is(err, sqlite.ErrWrongKey):
		return l.T("error.wrong_key")
	case errors.As(err, &damaged):
		return l.T("error.damaged", damaged.Path)
	case errors.As(err, &worked):
		return l.Or(lang.Key("error.worker_"+string(worked.Kind)), err.Error(), worked.Subject, worked.Detail)
	case errors.As(err, &server):
		detail := server.Detail
		if server.Status != 0 {
			detail = strings.TrimSpace(fmt.Sprintf("HTTP %d %s", server.Status, detail))
		}
		if server.Code != "" {
			detail = l.Or(lang.Key("error.pacs_config_"+server.Code), detail)
		}
		return l.Or(lang.Key("error.pacs_"+string(server.Kind)), err.Error(), server.Server, detail)
	case errors.As(err, &target):
		detail := target.Detail
		if target.Code != "" {
			detail = l.Or(lang.Key("error.destination_config_"+target.Code), l.Or(lang.Key("error.pacs_config_"+target.Code), detail))
		}
		return l.Or(lang.Key("error.destination_"+target.Kind), err.Error(), target.Destination, detail)
	case errors.As(err, &runtime):
		return l.T("error.no_runtime")
	case errors.As(err, &path) && errors.Is(err, fs.ErrNotExist):
		return l.T("error.no_file", path.Path)
	case errors.As(err, &path) && errors.Is(err, fs.ErrPermission):
		return l.T("error.permission", path.Path)
	case errors.As(err, &path) && errors.Is(err, syscall.ENOTDIR):
		return l.T("error.no_file", path.Path)
	case errors.As(err, &path) && errors.Is(err, syscall.EISDIR):
		return l.T("error.folder", path.Path)
	}
	return err.Error()
}
