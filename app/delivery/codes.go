package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"longying/app/trail"
	"longying/records"
	"longying/records/row"
	"longying/records/sheet"
	"longying/records/sqlite"
)

// The code tables that a hospital can import.
const (
	TableICD10       = "icd-10"             // diagnoses of visits are held against it
	TableTopography  = "icd-o-3-topography" // of pathology findings
	TableMorphology  = "icd-o-3-morphology" //
	TableDepartments = "departments"        // name of a department → its code
	TableItems       = "exam-items"         // description or modality of an examination → the hospital's item code
	TableMapping     = "row-mapping"        // no table of codes: the mapping file of the data-element row
	codesPrefix      = "codes."             // of the settings' keys
	longestCode      = 20                   // AN..20
	longestName      = 200                  //
)

// Tables lists what can be imported.
func Tables() []string {
	return []string{TableICD10, TableTopography, TableMorphology, TableDepartments, TableItems, TableMapping}
}

// CodeTable is one imported table.
type CodeTable struct {
	Name  string    `json:"table"`
	File  string    `json:"file"`
	By    string    `json:"by"` // name of who imported it
	At    time.Time `json:"at"`
	Codes []Code    `json:"codes,omitempty"`
}

// Code is one line of a table.
type Code struct {
	Code string `json:"code"`
	Name string `json:"name"`
	For  string `json:"for,omitempty"` // of an examination item: the modality that it stands for
}

// CodesResult says what an import did.
type CodesResult struct {
	Table   string   `json:"table"`
	Codes   int      `json:"codes"`
	Refused []string `json:"refused,omitempty"` // each row that was not taken, with its line and the reason
}

// ImportCodes replaces a table by a file: CSV or XLSX whose first line names its
// columns code and name, and modality for examination items; for the mapping, its
// JSON. A row that cannot be meant is refused and named, the others are taken. A
// file without one good row changes nothing.
func (d *Delivery) ImportCodes(ctx context.Context, actor records.User, table, file string) (_ CodesResult, err error) {
	defer trail.Outcome(ctx, d.store, actor, "configure", "codes "+table, &err)
	res := CodesResult{Table: table}
	if err := trail.Require(ctx, d.store, actor, records.RightConfigure, "configure", "codes "+table); err != nil {
		return res, err
	}
	if !slices.Contains(Tables(), table) {
		return res, fmt.Errorf("there is no table %q; one of %s", table, strings.Join(Tables(), ", "))
	}
	info, err := os.Stat(file)
	if err == nil && info.Size() > sheet.MaxBytes {
		err = fmt.Errorf("it is larger than %d MiB", sheet.MaxBytes>>20)
	}
	var raw []byte
	if err == nil {
		raw, err = os.ReadFile(file)
	}
	if err != nil {
		return res, fmt.Errorf("the table %s cannot be read: %w", file, err)
	}
	key, value := codesPrefix+table, ""
	if table == TableMapping {
		m, err := row.ParseMapping(raw)
		if err != nil {
			return res, fmt.Errorf("%s: %w", file, err)
		}
		key, value, res.Codes = SettingRowMapping, string(raw), len(m.Columns)
	} else {
		t := CodeTable{Name: table, File: filepath.Base(file), By: actor.Name, At: d.now()}
		if t.Codes, res.Refused, err = readCodes(table, raw); err != nil {
			return res, fmt.Errorf("%s: %w", file, err)
		}
		text, err := json.Marshal(t)
		if err != nil {
			return res, err
		}
		value, res.Codes = string(text), len(t.Codes)
	}
	return res, d.store.Update(ctx, func(tx *sqlite.Tx) error {
		if err := tx.PutSetting(key, value); err != nil {
			return err
		}
		return d.audit(tx, actor, "configure", "codes "+table, "ok", fmt.Sprintf("%d codes, %d rows refused", res.Codes, len(res.Refused)))
	})
}

// RemoveCodes forgets a table, or goes back to the shipped mapping.
func (d *Delivery) RemoveCodes(ctx context.Context, actor records.User, table string) (err error) {
	defer trail.Outcome(ctx, d.store, actor, "configure", "codes "+table, &err)
	if err := trail.Require(ctx, d.store, actor, records.RightConfigure, "configure", "codes "+table); err != nil {
		return err
	}
	if !slices.Contains(Tables(), table) {
		return fmt.Errorf("there is no table %q; one of %s", table, strings.Join(Tables(), ", "))
	}
	key := codesPrefix + table
	if table == TableMapping {
		key = SettingRowMapping
	}
	return d.store.Update(ctx, func(tx *sqlite.Tx) error {
		if err := tx.PutSetting(key, ""); err != nil {
			return err
		}
		return d.audit(tx, actor, "configure", "codes "+table, "ok", "removed")
	})
}

// Codes gives the imported tables.
func (d *Delivery) Codes(ctx context.Context) ([]CodeTable, error) {
	var out []CodeTable
	err := d.store.View(ctx, func(tx *sqlite.Tx) error {
		for _, name := range Tables() {
			t, err := d.table(tx, name)
			if err != nil {
				return err
			}
			if t != nil {
				out = append(out, *t)
			}
		}
		return nil
	})
	return out, err
}

// table is one imported table, or nil. What was parsed before is kept: ICD-10 has
// tens of thousands of lines.
func (d *Delivery) table(tx *sqlite.Tx, name string) (*CodeTable, error) {
	if name == TableMapping {
		return nil, nil
	}
	raw, err := tx.Setting(codesPrefix + name)
	switch {
	case errors.Is(err, records.ErrNotFound) || err == nil && raw == "":
		return nil, nil
	case err != nil:
		return nil, err
	}
	d.tablesMu.Lock()
	defer d.tablesMu.Unlock()
	if p, ok := d.tables[name]; ok && p.raw == raw {
		return p.table, nil
	}
	t := &CodeTable{}
	if err := json.Unmarshal([]byte(raw), t); err != nil {
		return nil, fmt.Errorf("the code table %s is damaged: %w; import it again (longying codes import)", name, err)
	}
	if d.tables == nil {
		d.tables = map[string]parsed{}
	}
	d.tables[name] = parsed{raw, t}
	return t, nil
}

type parsed struct {
	raw   string
	table *CodeTable
}

// shape is what a code of a table looks like.
func shape(table string) *regexp.Regexp {
	return map[string]*regexp.Regexp{
		// GB/T 14396 and the clinical version: R91.x00, J18.900, A00.000x001, with
		// the marks of dagger and asterisk.
		TableICD10:       regexp.MustCompile(`^[A-Z][0-9]{2}(\.[0-9Xx][0-9]{0,2}([xX][0-9]{3})?)?[+*†]?$`),
		TableTopography:  regexp.MustCompile(`^C[0-9]{2}(\.[0-9])?$`),
		TableMorphology:  regexp.MustCompile(`^[0-9]{4}/[0-9]$`),
		TableDepartments: regexp.MustCompile(`^[0-9A-Za-z._-]+$`),
		TableItems:       regexp.MustCompile(`^[0-9A-Za-z._-]+$`),
	}[table]
}

func readCodes(table string, raw []byte) (codes []Code, refused []string, err error) {
	t, err := sheet.Read(raw)
	if err != nil {
		return nil, nil, err
	}
	column := map[string]int{}
	for i, h := range t.Headings {
		switch strings.ToLower(strings.TrimSpace(h)) {
		case "code", "代码", "编码":
			column["code"] = i + 1
		case "name", "名称":
			column["name"] = i + 1
		case "modality", "检查类别", "设备类型":
			column["for"] = i + 1
		default:
			return nil, nil, fmt.Errorf("the column %q is none of code, name, modality", h)
		}
	}
	if column["code"] == 0 || column["name"] == 0 || column["for"] > 0 && table != TableItems {
		return nil, nil, fmt.Errorf("the first line has to name the columns code and name, and modality for %s only", TableItems)
	}
	refuse := func(line int, format string, args ...any) {
		refused = append(refused, fmt.Sprintf("line %d: ", line)+fmt.Sprintf(format, args...))
	}
	for _, b := range t.Bad {
		refused = append(refused, b.Error())
	}
	like, seen := shape(table), map[string]int{}
	for _, r := range t.Rows {
		cell := func(name string) string {
			if i := column[name]; i > 0 {
				return strings.TrimSpace(r.Cells[i-1])
			}
			return ""
		}
		c := Code{cell("code"), cell("name"), cell("for")}
		switch before := seen[c.Code+"\x00"+c.For]; {
		case c.Code == "" || c.Name == "":
			refuse(r.Line, "it has no code or no name")
		case utf8.RuneCountInString(c.Code) > longestCode || !like.MatchString(c.Code):
			refuse(r.Line, "%q is no code of %s", c.Code, table)
		case utf8.RuneCountInString(c.Name) > longestName:
			refuse(r.Line, "the name has more than %d characters", longestName)
		case before > 0:
			refuse(r.Line, "the code %s stands in line %d already", c.Code, before)
		default:
			seen[c.Code+"\x00"+c.For] = r.Line
			codes = append(codes, c)
		}
	}
	if len(codes) == 0 {
		return nil, refused, fmt.Errorf("no row can be taken: %s", strings.Join(refused[:min(5, len(refused))], "; "))
	}
	return codes, refused, nil
}

// has reports a code of the table.
func (t *CodeTable) has(code string) bool {
	return slices.ContainsFunc(t.Codes, func(c Code) bool { return c.Code == code })
}

// byName are the codes by name, and by what they stand for.
func (t *CodeTable) byName() map[string]string {
	out := map[string]string{}
	if t == nil {
		return out
	}
	for _, c := range t.Codes {
		out[c.Name] = c.Code
		if c.For != "" && out[c.For] == "" {
			out[c.For] = c.Code
		}
	}
	return out
}
