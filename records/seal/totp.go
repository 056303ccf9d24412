package seal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// What the codes of the second factor are, as the apps of telephones take them
// for granted (RFC 6238: HMAC-SHA-1, 30 s).
const (
	totpPeriod = 30 // seconds
	totpDigits = 6
	totpSecret = 20 // bytes (RFC 4226, section 4, R6)
	totpSkew   = 1  // steps before and after that count too (RFC 6238, section 5.2)
)

// NewTOTPSecret is a random secret of a second factor.
func NewTOTPSecret() []byte {
	secret := make([]byte, totpSecret)
	rand.Read(secret)
	return secret
}

// totp is the code of a step, counted in periods since 1970 (RFC 4226, section
// 5.3, and RFC 6238, section 4.2).
func totp(secret []byte, step int64, digits int) string {
	h := hmac.New(sha1.New, secret)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[at:at+4]) & 0x7fffffff
	mod := uint32(1)
	for range digits {
		mod *= 10
	}
	return fmt.Sprintf("%0*d", digits, n%mod)
}

// VerifyTOTP finds the step that a code is of, around a time. Only steps after
// the last one that was used count, so that a code that somebody saw is worth
// nothing. ok is false for a wrong code.
func VerifyTOTP(secret []byte, code string, at time.Time, last int64) (step int64, ok bool) {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	now := at.Unix() / totpPeriod
	for s := now - totpSkew; s <= now+totpSkew; s++ {
		if s > last && subtle.ConstantTimeCompare([]byte(totp(secret, s, totpDigits)), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}

// TOTPSecretText is a secret as a person types it into an app: base32.
func TOTPSecretText(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// ParseTOTPSecret reads TOTPSecretText.
func ParseTOTPSecret(text string) ([]byte, error) {
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(strings.ReplaceAll(text, " ", "")))
	if err != nil || len(secret) < totpSecret {
		return nil, fmt.Errorf("this is not the secret of a second factor")
	}
	return secret, nil
}

// TOTPURI is a secret as an app reads it from a QR code (the key URI format of
// Google Authenticator, which the others follow).
func TOTPURI(secret []byte, issuer, login string) string {
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + login,
		RawQuery: "secret=" + TOTPSecretText(secret) + "&issuer=" + url.QueryEscape(issuer)}
	return u.String()
}

// Recovery codes open the second door once each, for who has lost the telephone.
const (
	recoveryCodes = 8
	recoverySigns = 10 // of 5 bits
)

// NewRecoveryCodes makes the codes to write down, and what to keep of them. A
// code has 50 random bits, so that a plain hash of it cannot be searched through
// behind the seal of the record.
func NewRecoveryCodes() (codes, hashes []string) {
	for range recoveryCodes {
		raw := make([]byte, 8)
		rand.Read(raw)
		text := strings.ToLower(base32.StdEncoding.EncodeToString(raw)[:recoverySigns])
		codes = append(codes, text[:5]+"-"+text[5:])
		hashes = append(hashes, hashRecovery(text))
	}
	return codes, hashes
}

// UseRecoveryCode takes a code out of those that are left. ok is false where it
// is none of them.
func UseRecoveryCode(hashes []string, code string) (left []string, ok bool) {
	hash := hashRecovery(code)
	for i, h := range hashes {
		if subtle.ConstantTimeCompare([]byte(h), []byte(hash)) == 1 {
			return append(append([]string(nil), hashes[:i]...), hashes[i+1:]...), true
		}
	}
	return hashes, false
}

func hashRecovery(code string) string {
	code = strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(code))
	sum := sha256.Sum256([]byte("longying/recovery/1/" + code))
	return hex.EncodeToString(sum[:])
}
