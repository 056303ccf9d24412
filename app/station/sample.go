package station

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"longying/app/admin"
	"longying/app/samples"
	"longying/records"
)

// SampleMarker is the file that marks a data folder as a sample: only such a
// folder keeps its own secrets beside it.
const SampleMarker = "SAMPLE.txt"

// Sample is who is signed in to a sample folder, by login, with the secrets made
// for it: everybody whose password alone lets them in. Each secret is random and lies in a file of its own.
type Sample struct {
	Users        map[string]records.User
	PasswordFile map[string]string
	KeyFile      string
}

// SampleLogins are the users of a sample folder, one of each role that the
// main job needs.
func sampleUsers() []admin.NewUser {
	return []admin.NewUser{
		{Login: "admin", Name: "管理员·样本", StaffNumber: "S0001", Role: records.RoleAdministrator},
		{Login: "radiologist", Name: "李影·样本", StaffNumber: "S0002", Role: records.RoleRadiologist},
		{Login: "pathologist", Name: "王理·样本", StaffNumber: "S0003", Role: records.RolePathologist},
		{Login: "clinician", Name: "陈临·样本", StaffNumber: "S0004", Role: records.RoleClinician},
		{Login: "auditor", Name: "审计员·样本", StaffNumber: "S0005", Role: records.RoleAuditor},
	}
}

// OpenSample opens a sample data folder, and makes it with its key, users and
// hospital where the folder is empty. A folder with other data is refused.
func OpenSample(ctx context.Context, o Options) (*Station, *Sample, error) {
	secrets := filepath.Join(o.Home, "secrets")
	sample := &Sample{Users: map[string]records.User{}, PasswordFile: map[string]string{}, KeyFile: filepath.Join(secrets, "key")}
	for _, u := range sampleUsers() {
		sample.PasswordFile[u.Login] = filepath.Join(secrets, u.Login+".password")
	}
	marker := filepath.Join(o.Home, SampleMarker)
	if _, err := os.Stat(marker); errors.Is(err, os.ErrNotExist) {
		if !Fresh(o.Home) {
			return nil, nil, &records.RefusedError{Code: "sample_home", Args: []string{o.Home},
				Reason: o.Home + " holds data that is no sample; set LONGYING_HOME to another folder"}
		}
		if err := sample.makeSecrets(secrets); err != nil {
			return nil, nil, err
		}
	}
	key, err := sample.read(sample.KeyFile)
	if err != nil {
		return nil, nil, err
	}
	o.Passphrase = key
	s, err := Open(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	if err := sample.signUp(ctx, s); err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return s, sample, os.WriteFile(marker, []byte("样本数据：人物与病情均为虚构。\nSample data: people and cases are invented.\n"), 0o600)
}

func (p *Sample) makeSecrets(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("the sample folder cannot be made: %w", err)
	}
	paths := []string{p.KeyFile}
	for _, f := range p.PasswordFile {
		paths = append(paths, f)
	}
	for _, path := range paths {
		var raw [12]byte
		// crypto/rand.Read never fails since Go 1.24.
		_, _ = rand.Read(raw[:])
		if err := os.WriteFile(path, []byte("sample-"+hex.EncodeToString(raw[:])+"\n"), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (p *Sample) read(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("the sample folder has lost a secret: %w", err)
	}
	return strings.TrimRight(string(raw), "\r\n"), nil
}

// Password is a sample user's password.
func (p *Sample) Password(login string) (string, error) { return p.read(p.PasswordFile[login]) }

// signUp adds the users and the hospital on the first opening, and signs
// everybody in.
func (p *Sample) signUp(ctx context.Context, s *Station) error {
	empty, err := s.Admin.Empty(ctx)
	if err != nil {
		return err
	}
	var administrator records.User
	for _, n := range sampleUsers() {
		password, err := p.Password(n.Login)
		if err != nil {
			return err
		}
		if empty {
			n.Password, n.Sample = password, true
			u, err := s.Admin.AddUser(ctx, administrator, n)
			if err != nil {
				return err
			}
			if n.Role == records.RoleAdministrator {
				administrator = u
			}
			p.Users[n.Login] = u
			continue
		}
		u, err := s.Admin.SignIn(ctx, n.Login, password)
		var refused *records.RefusedError
		if errors.As(err, &refused) {
			continue // somebody tried the second factor or wrong passwords here; they sign in by hand
		}
		if err != nil {
			return err
		}
		p.Users[n.Login] = u
	}
	if !empty {
		return nil
	}
	return s.Admin.SetOrganization(ctx, administrator, records.Organization{Code: "SAMPLE000", Name: "示例县人民医院（样本）", DepartmentCode: "0801", Department: "放射科"})
}

// Fill imports the shipped sample studies and people into a sample folder that
// has none yet. progress may be nil.
func (p *Sample) Fill(ctx context.Context, s *Station, progress func(done, total int)) error {
	radiologist := p.Users["radiologist"]
	have, err := s.Registry.Studies(ctx, radiologist, records.ExaminationFilter{Limit: 1})
	if err != nil || len(have) > 0 {
		return err
	}
	folder := filepath.Join(s.Home, "samples")
	if err := samples.Extract(folder); err != nil {
		return err
	}
	for _, name := range []string{"patients-utf8.csv", "patients-gb18030.csv"} {
		if _, err := s.Registry.ImportPeople(ctx, radiologist, filepath.Join(folder, "patients", name)); err != nil {
			return err
		}
	}
	_, err = s.Registry.Import(ctx, radiologist, []string{folder}, progress)
	return err
}
