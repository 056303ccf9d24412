package seal

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/emmansun/gmsm/sm2"
)

// SigningKey is a user's own SM2 key (GB/T 32918) for the signatures under
// reports. Its private half is wrapped by the user's password (argon2id,
// AES-256-GCM): nobody else on the machine can sign with it. It is a key of this
// program and no certificate: a signature proves that the document was not
// changed and that the password was there, and is no legal e-signature.
type SigningKey struct {
	ID      string `json:"id"`
	UserID  string `json:"user_id"`
	Public  string `json:"public"` // hex, uncompressed point, GB/T 32918.1
	KDF     kdf    `json:"kdf"`
	Wrapped []byte `json:"wrapped"`
}

// ErrNotThisPassword is returned where a signing key is wrapped by another
// password than the one that is given, e.g. the one before.
var ErrNotThisPassword = errors.New("the signing key is wrapped by another password")

// NewSigningKey makes a key for a user.
func NewSigningKey(id, userID, password string) (SigningKey, error) {
	return newSigningKey(id, userID, password, standardCost())
}

func newSigningKey(id, userID, password string, c cost) (SigningKey, error) {
	private, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		return SigningKey{}, fmt.Errorf("no signing key was made: %w", err)
	}
	public := make([]byte, 65)
	public[0] = 4
	private.X.FillBytes(public[1:33])
	private.Y.FillBytes(public[33:])
	k := SigningKey{ID: id, UserID: userID, Public: hex.EncodeToString(public)}
	k.KDF = kdf{Name: "argon2id", Time: c.time, Memory: c.memory, Threads: c.threads, Salt: make([]byte, 16)}
	rand.Read(k.KDF.Salt)
	wrap, err := NewKey(k.KDF.derive(password))
	if err != nil {
		return SigningKey{}, err
	}
	secret := make([]byte, 32)
	private.D.FillBytes(secret)
	k.Wrapped = wrap.Seal(k.place(), secret)
	return k, nil
}

// place binds the wrapped half to its user and its public half.
func (k SigningKey) place() string { return "signing_key/" + k.ID + "/" + k.UserID + "/" + k.Public }

// Sign is the SM2 signature of a message under the default identity, ASN.1 DER,
// in hex. A password that is not the one the key was made under is
// ErrNotThisPassword.
func (k SigningKey) Sign(password string, message []byte) (string, error) {
	if err := k.KDF.check(); err != nil {
		return "", fmt.Errorf("the signing key of user %s is damaged: %w", k.UserID, err)
	}
	wrap, err := NewKey(k.KDF.derive(password))
	if err != nil {
		return "", err
	}
	secret, err := wrap.Open(k.place(), k.Wrapped)
	if err != nil {
		return "", ErrNotThisPassword
	}
	private, err := sm2.NewPrivateKey(secret)
	if err != nil {
		return "", fmt.Errorf("the signing key of user %s is damaged: %w", k.UserID, err)
	}
	sig, err := sm2.SignASN1(rand.Reader, private, message, sm2.DefaultSM2SignerOpts)
	if err != nil {
		return "", fmt.Errorf("nothing was signed: %w", err)
	}
	return hex.EncodeToString(sig), nil
}

// VerifySignature reports whether a signature of Sign is that of a message by
// the holder of the private half.
func VerifySignature(public, signature string, message []byte) bool {
	point, err := hex.DecodeString(public)
	if err != nil {
		return false
	}
	sig, err := hex.DecodeString(signature)
	if err != nil {
		return false
	}
	key, err := sm2.NewPublicKey(point)
	return err == nil && sm2.VerifyASN1WithSM2(key, nil, message, sig)
}
