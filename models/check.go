package models

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// MinimumOpset is the oldest ONNX operator set that ONNX Runtime guarantees.
const MinimumOpset = 7

// problems collects what is wrong with a card, each with its key.
type problems []error

func (p *problems) add(key, format string, args ...any) {
	*p = append(*p, fmt.Errorf("key %q: %s", key, fmt.Sprintf(format, args...)))
}

func (p *problems) text(key string, t Text) {
	if blank(t.Zh) {
		p.add(key+".zh", "the Chinese text is missing")
	}
	if blank(t.En) {
		p.add(key+".en", "the English text is missing")
	}
}

func (p *problems) filled(key, v string) {
	if blank(v) {
		p.add(key, "is empty")
	}
}

func (p *problems) share(key string, v float64) {
	if !(v >= 0 && v <= 1) {
		p.add(key, "%g is outside 0..1", v)
	}
}

func (p *problems) hash(key, v string) {
	if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(v) {
		p.add(key, "%q is not 64 lower-case hexadecimal digits", v)
	}
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// Check reports every value of the card that is missing, out of range or
// contradicts another one, joined; each error names its key.
func (c *Card) Check() error {
	var p problems
	if c.Schema != SchemaVersion {
		p.add("schema", "%q is not %q, the one this version reads", c.Schema, SchemaVersion)
	}
	c.checkIdentity(&p)
	c.checkPurpose(&p)
	c.checkInput(&p)
	c.checkSlide(&p)
	c.checkOutputs(&p)
	c.checkEvidence(&p)
	c.checkTests(&p)
	return errors.Join(p...)
}

func (c *Card) checkIdentity(p *problems) {
	if !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(c.ID) || len(c.ID) > 64 {
		p.add("id", "%q is not 1..64 lower-case letters, digits and single hyphens", c.ID)
	}
	version := regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+$`)
	if !version.MatchString(c.Version) {
		p.add("version", "%q is not three numbers, e.g. 1.0.0", c.Version)
	}
	p.text("name", c.Name)
	p.filled("maker", c.Maker)
	if len(c.Authors) == 0 {
		p.add("authors", "names nobody")
	}
	p.filled("licence.weights", c.Licence.Weights)
	p.filled("licence.data", c.Licence.Data)
	if c.File.Name != ModelFile {
		p.add("file.name", "%q is not %q", c.File.Name, ModelFile)
	}
	p.hash("file.sha256", c.File.SHA256)
	if c.File.Opset < MinimumOpset {
		p.add("file.opset", "%d is below %d", c.File.Opset, MinimumOpset)
	}
	if !version.MatchString(c.File.MinimumRuntime) {
		p.add("file.minimum_runtime", "%q is not three numbers, e.g. 1.17.0", c.File.MinimumRuntime)
	}
	p.filled("dicom.algorithm_name", c.DICOM.AlgorithmName)
	p.filled("dicom.algorithm_version", c.DICOM.AlgorithmVersion)
	p.code("dicom.algorithm_family", c.DICOM.AlgorithmFamily)
}

func (c *Card) checkPurpose(p *problems) {
	if !slices.Contains(Tasks(), c.Task) {
		p.add("task", "%q is not one of %v", c.Task, Tasks())
	}
	p.text("purpose.intended_use", c.Purpose.IntendedUse)
	for i, t := range c.Purpose.Contraindications {
		p.text(fmt.Sprintf("purpose.contraindications[%d]", i), t)
	}
	p.text("purpose.user_role", c.Purpose.UserRole)
	p.text("purpose.registration", c.Purpose.Registration)
}

func (c *Card) checkTests(p *problems) {
	for key, file := range map[string]string{"tests.cases": c.Tests.Cases, "tests.preprocess": c.Tests.Preprocess} {
		if blank(file) {
			p.add(key, "a package must bring its reference cases")
		} else if !fs.ValidPath(file) {
			p.add(key, "%q is not a path inside the package", file)
		}
	}
}

// code reports a coded concept that cannot be written into a record. Nil is
// allowed: not every class has one.
func (p *problems) code(key string, c *Code) {
	if c == nil {
		return
	}
	p.filled(key+".value", c.Value)
	p.filled(key+".meaning", c.Meaning)
	if !knownScheme(c.Scheme) {
		p.add(key+".scheme", "%q is not one of %s, nor a private one such as 99HOSPITAL", c.Scheme, strings.Join(CodeSchemes(), ", "))
	} else if pattern := codePattern(c.Scheme); pattern != "" && !regexp.MustCompile(pattern).MatchString(c.Value) {
		p.add(key+".value", "%q does not look like a code of %s", c.Value, c.Scheme)
	}
}

// interval reports an interval that is turned around or leaves least..most.
func (p *problems) interval(key string, low, high, least, most float64) {
	if !(low >= least && low <= high && high <= most) {
		p.add(key, "%g..%g is not a range within %g..%g", low, high, least, most)
	}
}

// one reports a value that is not in a list of allowed ones.
func (p *problems) one(key, v string, allowed []string) {
	if !slices.Contains(allowed, v) {
		p.add(key, "%q is not one of %s", v, strings.Join(allowed, ", "))
	}
}
