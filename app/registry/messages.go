package registry

// messages reads a file that is no table; false where it is one.
func (f *PeopleFile) messages([]byte) (bool, error) { return false, nil }
