package ui

import (
	"archive/zip"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/models"
	"longying/records"
)

// kind is what a file or folder is that somebody lets fall on the window.
type kind int

// The kinds of it.
const (
	images kind = iota // studies, people, or what the import says of it
	sealed             // a consult pack, or a reply to one: a passphrase tells
	model              // of a model
	backup             // of a data folder: to be restored into one that is closed
	gone               // it cannot be read
)

// kindOf looks at the first bytes of a file, at the index of a ZIP archive, at
// the names in a folder. Not for the UI goroutine.
func kindOf(path string) (kind, error) {
	info, err := os.Stat(path)
	if err != nil {
		return gone, err
	}
	if info.IsDir() {
		if _, err := os.Stat(filepath.Join(path, models.CardFile)); err == nil {
			return model, nil
		}
		return images, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return gone, err
	}
	defer f.Close()
	head := make([]byte, 32)
	n, err := io.ReadFull(f, head)
	if err != nil && n == 0 && err != io.EOF {
		return gone, err
	}
	switch text := string(head[:n]); {
	case strings.HasPrefix(text, "age-encryption.org/"): // filippo.io/age, format v1
		return sealed, nil
	case strings.HasPrefix(text, "LONGYBAK"):
		return backup, nil
	case strings.HasPrefix(text, "PK\x03\x04"):
		if holdsCard(f, info.Size()) {
			return model, nil
		}
	}
	return images, nil
}

// holdsCard reports a ZIP archive of a model package: its card lies at the top,
// or in the one folder there.
func holdsCard(f io.ReaderAt, size int64) bool {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return false // the import says what is wrong with it
	}
	for _, e := range z.File {
		if folder, name := filepath.Split(e.Name); name == models.CardFile && strings.Count(folder, "/") <= 1 {
			return true
		}
	}
	return false
}

// drop takes what was let fall on the window, or what the program was started
// with, to where it belongs. show: the first study that comes in is opened.
func (s *shell) drop(paths []string, show bool) {
	if len(paths) == 0 {
		return
	}
	switch {
	case s.ws.User().ID == "":
		s.signIn.problem.Say("shell.drop_sign_in")
		return
	case s.lock.on:
		s.lock.page.problem.Say("shell.drop_sign_in")
		return
	case s.stage != nil:
		s.refused.Say("shell.drop_stage") // what is shown to others is not taken from the screen
		return
	}
	user := s.ws.User()
	s.dropping.Start(func(context.Context) func() {
		found := map[kind][]string{}
		var lost []error
		for _, p := range paths {
			at, err := kindOf(p)
			if err != nil {
				lost = append(lost, err)
			}
			found[at] = append(found[at], p)
		}
		return func() {
			if s.ws.User().ID == user.ID && !s.lock.on {
				s.dropped(found, lost, show)
			}
		}
	})
}

// dropped sends each kind to its room. What nobody takes is said in the status
// bar, above all else.
func (s *shell) dropped(found map[kind][]string, lost []error, show bool) {
	var words []func() string
	say := func(k lang.Key, args ...any) {
		words = append(words, func() string { return s.ws.Lang.T(k, args...) })
	}
	refuse := func(err error) {
		words = append(words, func() string { return workspace.Explained(s.ws.Lang, err) })
	}
	role := s.ws.User()
	for _, err := range lost {
		refuse(err)
	}
	if all := found[images]; len(all) > 0 {
		if err := records.Require(role, records.RightImport); err != nil {
			refuse(err)
		} else {
			s.want("worklist")
			workspace.Publish(s.ws, workspace.ImportWanted{Paths: all, Open: show})
		}
	}
	if all := found[model]; len(all) > 0 {
		if err := records.Require(role, records.RightConfigure); err != nil {
			say("shell.drop_model_admin", filepath.Base(all[0]))
		} else {
			s.want("settings")
			workspace.Publish(s.ws, workspace.PackageWanted{Path: all[0]})
			if len(all) > 1 {
				say("shell.drop_one", filepath.Base(all[0]), len(all)-1)
			}
		}
	}
	if all := found[sealed]; len(all) > 0 {
		if err := records.Require(role, records.RightConsult); err != nil {
			refuse(err)
		} else {
			s.want("consult")
			workspace.Publish(s.ws, workspace.PackWanted{Path: all[0]})
			if len(all) > 1 {
				say("shell.drop_one", filepath.Base(all[0]), len(all)-1)
			}
		}
	}
	if all := found[backup]; len(all) > 0 {
		say("shell.drop_backup", filepath.Base(all[0]))
	}
	if len(words) > 0 {
		s.say(func() string {
			var all []string
			for _, w := range words {
				all = append(all, w())
			}
			return strings.Join(all, "  ")
		})
	}
}
