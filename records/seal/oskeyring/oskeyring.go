// Package oskeyring keeps the secret of a data folder in the keyring of the
// operating system: the Secret Service on Linux (over D-Bus), the Keychain on
// macOS, the Credential Manager on Windows.
package oskeyring

import (
	"errors"
	"fmt"
	"time"

	"github.com/zalando/go-keyring"

	"longying/records/seal"
)

// service is under what the operating system shows the secrets.
const service = "Longying"

// longest is how long the system may take, e.g. to ask for its own password.
const longest = time.Minute

// OS is the keyring of the person who runs the program.
type OS struct{}

var _ seal.Keyring = OS{}

// Get is the secret under an ID.
func (OS) Get(id string) (string, error) {
	var secret string
	err := within(func() (err error) {
		secret, err = keyring.Get(service, id)
		return err
	})
	return secret, err
}

// Set keeps a secret under an ID.
func (OS) Set(id, secret string) error {
	return within(func() error { return keyring.Set(service, id, secret) })
}

// Delete forgets the secret under an ID; one that is not there is forgotten.
func (OS) Delete(id string) error {
	err := within(func() error { return keyring.Delete(service, id) })
	if errors.Is(err, keyring.ErrNotFound) {
		return nil
	}
	return err
}

// within ends a wait for a keyring that does not answer. What it answers later
// is dropped.
func within(do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return err
	case <-time.After(longest):
		return fmt.Errorf("it did not answer for %s", longest)
	}
}
