package oskeyring

import (
	"errors"
	"os"
	"testing"

	"github.com/zalando/go-keyring"
)

// LONGYING_KEYRING=1 asks the keyring of the machine: run it in a session that
// has one, e.g. dbus-run-session with an unlocked gnome-keyring-daemon.
func TestTheKeyringOfTheOperatingSystemKeepsASecretAndForgetsIt(t *testing.T) {
	if os.Getenv("LONGYING_KEYRING") == "" {
		keyring.MockInit()
	}
	var k OS
	const id, secret = "longying-test", "a secret of a test"
	if err := k.Set(id, secret); err != nil {
		t.Fatal(err)
	}
	if got, err := k.Get(id); err != nil || got != secret {
		t.Errorf("%q, %v", got, err)
	}
	for range 2 {
		if err := k.Delete(id); err != nil {
			t.Error(err)
		}
	}
	if got, err := k.Get(id); err == nil || got != "" {
		t.Errorf("after it was forgotten: %q, %v", got, err)
	}
}

func TestAKeyringThatIsNotThereIsAnError(t *testing.T) {
	keyring.MockInitWithError(errors.New("no D-Bus"))
	if _, err := (OS{}).Get("x"); err == nil {
		t.Error("no error")
	}
}
