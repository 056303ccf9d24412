package lang_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"longying/app/ui/lang"
)

func read(t *testing.T, code lang.Code) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(string(code) + ".json")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// literals are the string literals of the desktop's own sources, tests left out.
func literals(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil {
					out[s] = path
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func inFamily(key string) bool {
	return slices.ContainsFunc(lang.Families(), func(f string) bool { return strings.HasPrefix(key, f) })
}

var (
	keyShape = regexp.MustCompile(`^[a-z]+(\.[a-z0-9_]+)+$`)
	argument = regexp.MustCompile(`\{[0-9]+\}`)
)

func TestBothLanguagesHoldTheSameKeys(t *testing.T) {
	zh, en := read(t, lang.Chinese), read(t, lang.English)
	for k, text := range zh {
		other, ok := en[k]
		if !ok {
			t.Errorf("%s is missing in en.json", k)
			continue
		}
		if strings.TrimSpace(text) == "" || strings.TrimSpace(other) == "" {
			t.Errorf("%s is empty", k)
		}
		a, b := argument.FindAllString(text, -1), argument.FindAllString(other, -1)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(slices.Compact(a), slices.Compact(b)) {
			t.Errorf("%s takes %v in Chinese and %v in English", k, a, b)
		}
	}
	for k := range en {
		if _, ok := zh[k]; !ok {
			t.Errorf("%s is missing in zh-CN.json", k)
		}
	}
}

func TestEveryKeyIsUsedAndEveryUsedKeyExists(t *testing.T) {
	texts, used := read(t, lang.Chinese), literals(t)
	prefixes := map[string]bool{}
	for k := range texts {
		if _, ok := used[k]; !ok && !inFamily(k) {
			t.Errorf("%s is used nowhere", k)
		}
		prefixes[strings.SplitN(k, ".", 2)[0]] = true
	}
	// A room without any text in the files would have no prefix: count them all.
	for _, path := range used {
		prefixes[filepath.Base(filepath.Dir(path))] = true
	}
	for s, path := range used {
		if !keyShape.MatchString(s) || !prefixes[strings.SplitN(s, ".", 2)[0]] {
			continue
		}
		if _, ok := texts[s]; !ok && !slices.Contains(lang.Families(), s) {
			t.Errorf("%s uses %q, which no language file has", path, s)
		}
	}
}

func TestNothingSaysNormal(t *testing.T) {
	for _, code := range lang.Codes() {
		for k, text := range read(t, code) {
			low := strings.ToLower(text)
			for _, word := range []string{"normal", "正常", "阴性", "未见异常"} {
				if strings.Contains(low, word) && !strings.Contains(low, "abnormal") {
					t.Errorf("%s says %q: %s", k, word, text)
				}
			}
		}
	}
}

func TestSwitchIsLiveAndArgumentsAreFilled(t *testing.T) {
	s, err := lang.New("")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.T("shell.outbox", 3); got != "待上传 3" {
		t.Errorf("Chinese: %q", got)
	}
	s.Set(lang.English)
	if got := s.T("shell.outbox", 3); got != "Outbox 3" {
		t.Errorf("English: %q", got)
	}
	if got := s.T("no.such"); got != "[no.such]" {
		t.Errorf("unknown key: %q", got)
	}
}
