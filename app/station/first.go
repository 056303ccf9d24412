package station

import (
	"context"
	"errors"
	"strings"

	"longying/app/admin"
	"longying/records"
	"longying/records/seal"
)

// First is what the first start of a data folder asks for.
type First struct {
	Hospital       string
	AdminPassword  string // of the administrator, whose login is "admin"
	DoctorLogin    string
	DoctorName     string
	DoctorStaff    string // staff number
	DoctorRole     records.Role
	DoctorPassword string
}

// AdminLogin is the login of the administrator that the first start makes.
const AdminLogin = "admin"

// Check refuses answers that cannot be used, before anything is made of them.
func (f First) Check() error {
	if strings.TrimSpace(f.Hospital) == "" || strings.TrimSpace(f.DoctorLogin) == "" || strings.TrimSpace(f.DoctorName) == "" {
		return &records.RefusedError{Code: "first_incomplete", Reason: "hospital, login and name are needed"}
	}
	if f.DoctorLogin == AdminLogin {
		return &records.RefusedError{Code: "first_login", Reason: "the login admin is the administrator's; choose another for the doctor"}
	}
	if err := seal.CheckPassword(AdminLogin, "", f.AdminPassword); err != nil {
		return err
	}
	return seal.CheckPassword(f.DoctorLogin, f.DoctorName, f.DoctorPassword)
}

// Start opens a data folder and, where it has no users yet, makes the first
// two: an administrator, who sees no patient data, and a doctor. first may be
// nil for a folder that has users; one without them is then ErrNoUsers.
func Start(ctx context.Context, o Options, first *First) (*Station, error) {
	if first != nil {
		if err := first.Check(); err != nil {
			return nil, err
		}
	} else if Fresh(o.Home) {
		return nil, ErrNoUsers
	}
	s, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	empty, err := s.Admin.Empty(ctx)
	switch {
	case err != nil:
	case empty && first == nil:
		err = ErrNoUsers
	case empty:
		err = s.firstUsers(ctx, first)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// ErrNoUsers says that a data folder has nobody who could sign in.
var ErrNoUsers = errors.New("the data folder has no users yet")

func (s *Station) firstUsers(ctx context.Context, f *First) error {
	administrator, err := s.Admin.AddUser(ctx, records.User{}, admin.NewUser{Login: AdminLogin, Name: "管理员", StaffNumber: "0", Role: records.RoleAdministrator, Password: f.AdminPassword})
	if err != nil {
		return err
	}
	if err := s.Admin.SetOrganization(ctx, administrator, records.Organization{Name: f.Hospital}); err != nil {
		return err
	}
	_, err = s.Admin.AddUser(ctx, administrator, admin.NewUser{Login: f.DoctorLogin, Name: f.DoctorName, StaffNumber: f.DoctorStaff, Role: f.DoctorRole, Password: f.DoctorPassword})
	return err
}
