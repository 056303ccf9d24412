// Package sheet reads tables of people: CSV (UTF-8 with or without a byte order
// mark, GB18030) and XLSX. Cells are text as the file holds it; no formula is
// computed, and nothing is written to disk.
package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"longying/records"
)

// The limits of a file.
const (
	MaxBytes    = 64 << 20  // of the file
	MaxUnpacked = 256 << 20 // of the parts of an XLSX together
	MaxRatio    = 200       // unpacked to packed, of each part over 1 MiB
	MaxRows     = 200_000
	MaxColumns  = 256
	MaxCell     = 32_767 // characters, as in a spreadsheet
)

// Table is a file as rows of text.
type Table struct {
	Format   string // "csv" or "xlsx"
	Encoding string // "UTF-8" or "GB18030"
	Headings []string
	Rows     []Row
	Bad      []records.RowError // rows that are no rows of this table
	Date1904 bool               // XLSX: days are counted from 1904
}

// Row is one row; Cells has as many as there are headings.
type Row struct {
	Line  int // from 1, the headings being 1
	Cells []string
}

// XLSX reports whether the bytes begin as a ZIP archive does.
func XLSX(raw []byte) bool { return bytes.HasPrefix(raw, []byte("PK\x03\x04")) }

// Read reads CSV or XLSX. The error says what to do with the file; rows that
// are not whole are in Bad instead.
func Read(raw []byte) (*Table, error) {
	switch {
	case len(raw) > MaxBytes:
		return nil, fmt.Errorf("the file is larger than %d MiB; split it", MaxBytes>>20)
	case XLSX(raw):
		return readXLSX(raw)
	case bytes.HasPrefix(raw, []byte{0xd0, 0xcf, 0x11, 0xe0}):
		return nil, errors.New("this is an old Excel file (XLS) or one with a password; save it as XLSX without a password")
	}
	return readCSV(raw)
}

// Text decodes UTF-8, with or without a byte order mark, or GB18030.
func Text(raw []byte) (text, encoding string, err error) {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if utf8.Valid(raw) {
		return string(raw), "UTF-8", nil
	}
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
	if err != nil || bytes.ContainsRune(out, utf8.RuneError) {
		return "", "", errors.New("the text is neither UTF-8 nor GB18030; save the file as CSV UTF-8 and import it again")
	}
	return string(out), "GB18030", nil
}

func readCSV(raw []byte) (*Table, error) {
	text, encoding, err := Text(raw)
	if err != nil {
		return nil, err
	}
	t := &Table{Format: "csv", Encoding: encoding}
	rd := csv.NewReader(strings.NewReader(text))
	rd.FieldsPerRecord, rd.ReuseRecord = -1, true
	rd.Comma = separator(text)
	for {
		cells, err := rd.Read()
		if err == io.EOF {
			return t.whole()
		}
		if err != nil {
			line := 0
			var pe *csv.ParseError
			if errors.As(err, &pe) {
				line = pe.Line
			}
			if t.Headings == nil {
				return nil, fmt.Errorf("the first row is not well-formed CSV: %w", err)
			}
			t.bad(line, "csv", "the row is not well-formed CSV: "+err.Error())
			if len(t.Bad) > MaxRows {
				return nil, errTooMany
			}
			continue
		}
		line, _ := rd.FieldPos(0)
		if err := t.add(line, cells, false); err != nil {
			return nil, err
		}
	}
}

// separator is the one of the first line: a comma, or else a tab or semicolon.
func separator(text string) rune {
	first, _, _ := strings.Cut(text, "\n")
	for _, r := range ",\t;" {
		if strings.ContainsRune(first, r) {
			return r
		}
	}
	return ','
}

var errTooMany = fmt.Errorf("the file has more than %d rows; split it", MaxRows)

func (t *Table) bad(line int, code, reason string, args ...string) {
	t.Bad = append(t.Bad, records.RowError{Row: line, Field: "-", Code: code, Reason: reason, Args: args})
}

func (t *Table) whole() (*Table, error) {
	if t.Headings == nil {
		return nil, errors.New("the file holds no header row; the first row must name the columns (姓名, 身份证件号码, ...)")
	}
	return t, nil
}

// add takes a row. A short row is an error of a CSV, and usual in XLSX.
func (t *Table) add(line int, cells []string, short bool) error {
	width := 0
	out := make([]string, 0, min(len(cells), MaxColumns))
	for i, c := range cells {
		if strings.TrimSpace(c) != "" {
			width = i + 1
		}
		if i < MaxColumns {
			out = append(out, strings.TrimSpace(strings.Clone(c)))
		}
	}
	if width == 0 {
		return nil
	}
	for _, c := range out {
		if utf8.RuneCountInString(c) > MaxCell {
			t.bad(line, "cell", fmt.Sprintf("a cell is longer than %d characters", MaxCell), strconv.Itoa(MaxCell))
			return nil
		}
	}
	if t.Headings == nil {
		if width > MaxColumns {
			return fmt.Errorf("the first row has more than %d columns", MaxColumns)
		}
		for short && len(out) > width {
			out = out[:width]
		}
		t.Headings = out
		return nil
	}
	if len(t.Rows)+len(t.Bad) >= MaxRows {
		return errTooMany
	}
	if n := len(t.Headings); !short && len(cells) != n || width > n {
		t.bad(line, "fields", fmt.Sprintf("the row has %d fields, the header %d; check for a missing or surplus comma", max(width, len(cells)), n),
			strconv.Itoa(max(width, len(cells))), strconv.Itoa(n))
		return nil
	}
	for len(out) < len(t.Headings) {
		out = append(out, "")
	}
	t.Rows = append(t.Rows, Row{Line: line, Cells: out[:len(t.Headings)]})
	return nil
}

// checkZIP refuses an archive that would unpack to far more than it is.
func checkZIP(raw []byte) error {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return errors.New("the file is no whole XLSX; save it again")
	}
	if len(z.File) > 4096 {
		return errors.New("the file has too many parts for an XLSX")
	}
	var total uint64
	for _, f := range z.File {
		total += f.UncompressedSize64
		if f.UncompressedSize64 > MaxUnpacked || total > MaxUnpacked {
			return fmt.Errorf("the file unpacks to more than %d MiB; split it", MaxUnpacked>>20)
		}
		if f.UncompressedSize64 > 1<<20 && f.UncompressedSize64 > MaxRatio*f.CompressedSize64 {
			return fmt.Errorf("a part of the file unpacks to more than %d times its size, as no table does", MaxRatio)
		}
	}
	return nil
}

func readXLSX(raw []byte) (t *Table, err error) {
	if err := checkZIP(raw); err != nil {
		return nil, err
	}
	defer func() { // the library panics on some malformed workbooks
		if p := recover(); p != nil {
			t, err = nil, errors.New("the workbook is malformed; save it again, or as CSV UTF-8")
		}
	}()
	// One limit for both: parts over the second one would be written to
	// temporary files, which name people.
	x, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{RawCellValue: true, UnzipSizeLimit: MaxUnpacked, UnzipXMLSizeLimit: MaxUnpacked})
	if err != nil {
		return nil, fmt.Errorf("the workbook cannot be read: %w", err)
	}
	defer x.Close()
	names := x.GetSheetList()
	if len(names) == 0 {
		return nil, errors.New("the workbook has no sheet")
	}
	t = &Table{Format: "xlsx", Encoding: "UTF-8"}
	if props, err := x.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		t.Date1904 = *props.Date1904
	}
	rows, err := x.Rows(names[0])
	if err != nil {
		return nil, fmt.Errorf("the first sheet cannot be read: %w", err)
	}
	defer rows.Close()
	for line := 1; rows.Next(); line++ {
		cells, err := rows.Columns()
		if err != nil {
			return nil, fmt.Errorf("row %d of the first sheet cannot be read: %w", line, err)
		}
		if err := t.add(line, cells, true); err != nil {
			return nil, err
		}
	}
	if err := rows.Error(); err != nil {
		return nil, fmt.Errorf("the first sheet cannot be read: %w", err)
	}
	return t.whole()
}

// Day reads 2022-05-14, 2022/5/14, 2022.5.14, 2022年5月14日, 20220514, or the
// number of a day as XLSX holds it, as YYYYMMDD; a time of day may follow.
func (t *Table) Day(s string) (string, bool) {
	v, ok := t.Time(s)
	if !ok {
		return "", false
	}
	return v[:8], true
}

// Time is Day with the time of day, where there is one: YYYYMMDD[HHMM].
func (t *Table) Time(s string) (string, bool) {
	s = strings.TrimSpace(s)
	for _, layout := range layouts() {
		if at, ok := parse(layout, s); ok {
			return at, true
		}
	}
	if t.Format != "xlsx" {
		return "", false
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || n < 1 || n > 2_958_465 {
		return "", false
	}
	at, err := excelize.ExcelDateToTime(n, t.Date1904)
	if err != nil {
		return "", false
	}
	if at.Hour() == 0 && at.Minute() == 0 {
		return at.Format("20060102"), true
	}
	return at.Format("200601021504"), true
}
