package seal

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// MinPassword is the least number of characters of a user's password.
const MinPassword = 10

// PasswordError says why a password is too weak. It never quotes it.
type PasswordError struct {
	Code   string // length, login, name, classes
	Reason string
}

func (e *PasswordError) Error() string { return e.Reason }

// CheckPassword refuses a weak password: fewer than MinPassword characters, one
// that contains the login or the name or consists of them, or characters of one
// class only (GB/T 22239-2019, 8.1.4.1). The error is a *PasswordError.
func CheckPassword(login, name, password string) error {
	if utf8.RuneCountInString(password) < MinPassword {
		return &PasswordError{"length", fmt.Sprintf("the password is too short: it needs %d characters or more", MinPassword)}
	}
	lower := strings.ToLower(password)
	if l := strings.ToLower(strings.TrimSpace(login)); l != "" && (lower == l || utf8.RuneCountInString(l) >= 4 && strings.Contains(lower, l)) {
		return &PasswordError{"login", "the password contains the login; choose another"}
	}
	if n := strings.ToLower(strings.ReplaceAll(name, " ", "")); n != "" && strings.Contains(strings.ReplaceAll(lower, " ", ""), n) {
		return &PasswordError{"name", "the password contains the user's name; choose another"}
	}
	classes := map[int]bool{}
	for _, r := range password {
		switch {
		case unicode.IsDigit(r):
			classes[0] = true
		case unicode.IsLower(r):
			classes[1] = true
		case unicode.IsUpper(r):
			classes[2] = true
		case unicode.IsLetter(r):
			classes[3] = true
		default:
			classes[4] = true
		}
	}
	if len(classes) < 2 {
		return &PasswordError{"classes", "the password uses one kind of character only; mix at least two of small letters, capitals, digits, signs"}
	}
	return nil
}

// HashPassword is the argon2id hash of a password as a PHC string, which
// carries its own parameters and salt.
func HashPassword(password string) (string, error) {
	return hashPassword(password, standardCost())
}

func hashPassword(password string, c cost) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt)
	sum := argon2.IDKey([]byte(password), salt, c.time, c.memory, c.threads, 32)
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.time, c.threads, enc.EncodeToString(salt), enc.EncodeToString(sum)), nil
}

// VerifyPassword reports whether a password is the one that was hashed, in
// constant time. A hash that cannot be read is an error.
func VerifyPassword(hash, password string) (bool, error) {
	fields := strings.Split(hash, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" || fields[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false, fmt.Errorf("the stored password hash is not argon2id; set the password again")
	}
	var k kdf
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &k.Memory, &k.Time, &k.Threads); err != nil {
		return false, fmt.Errorf("the stored password hash has unreadable parameters; set the password again: %w", err)
	}
	k.Name = "argon2id"
	var err error
	if k.Salt, err = base64.RawStdEncoding.DecodeString(fields[4]); err != nil {
		return false, fmt.Errorf("the stored password hash has an unreadable salt; set the password again: %w", err)
	}
	sum, err := base64.RawStdEncoding.DecodeString(fields[5])
	if err != nil || len(sum) != 32 {
		return false, fmt.Errorf("the stored password hash is damaged; set the password again")
	}
	if err := k.check(); err != nil {
		return false, fmt.Errorf("the stored password hash is damaged; set the password again: %w", err)
	}
	return subtle.ConstantTimeCompare(k.derive(password), sum) == 1, nil
}
