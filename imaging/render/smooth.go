package render

import "encoding/binary"

// mixer draws the bilinear rows of a screen that lie along rows of the image: no
// rotation, or 180 degrees. A row of the image is mixed once along itself, for
// every column of the screen, and then with its neighbour for each row of the
// screen between the two; where the image is enlarged many rows of the screen
// share the two. The values are those of smooth, bit for bit. One goroutine uses
// it.
type mixer struct {
	r       *Renderer
	from    int64 // of the first column, fixed-point
	step    int64
	columns []column
	low     int        // the span of the image's row that the columns need
	high    int        // one behind it
	shades  []uint8    // of that span
	mixed   [2][]int32 // rows of the image, mixed; see at
	at      [2]int     // which rows
}

// column is where a column of the screen lies between two of the image.
type column struct{ left, right, part int32 }

func newMixer(r *Renderer) *mixer { return &mixer{r: r, at: [2]int{-1, -1}} }

// line draws one row of pixels; every coordinate lies inside the image.
func (m *mixer) line(line []uint8, pu, pv, du int64) {
	n := len(line) / 4
	if len(m.columns) != n || m.from != pu || m.step != du {
		m.lay(n, pu, du)
	}
	v := pv - one/2
	y, fy := int(v>>32), int32(v>>24&255)
	upper, lower := max(y, 0), min(y+1, m.r.frame.Rows-1)
	top := m.row(upper, lower)
	bottom := m.row(lower, upper)
	const half = 1 << 15
	if m.r.lut == nil {
		for i := range n {
			a, b := top[3*i:3*i+3:3*i+3], bottom[3*i:3*i+3:3*i+3]
			p := line[4*i : 4*i+4 : 4*i+4]
			p[0] = uint8((a[0]*(256-fy) + b[0]*fy + half) >> 16)
			p[1] = uint8((a[1]*(256-fy) + b[1]*fy + half) >> 16)
			p[2] = uint8((a[2]*(256-fy) + b[2]*fy + half) >> 16)
			p[3] = 255
		}
		return
	}
	bottom = bottom[:len(top)]
	for i, a := range top {
		g := uint32((a*(256-fy) + bottom[i]*fy + half) >> 16)
		binary.LittleEndian.PutUint32(line[4*i:], g*0x010101|0xff000000)
	}
}

// lay works out where the columns lie. The rows that are mixed are of others.
func (m *mixer) lay(n int, pu, du int64) {
	last := m.r.frame.Columns - 1
	m.from, m.step, m.at = pu, du, [2]int{-1, -1}
	m.columns = append(m.columns[:0], make([]column, n)...)
	m.low, m.high = last+1, 0
	u := pu - one/2
	for i := range m.columns {
		x := int(u >> 32)
		c := column{left: int32(max(x, 0)), right: int32(min(x+1, last)), part: int32(u >> 24 & 255)}
		m.low, m.high = min(m.low, int(c.left)), max(m.high, int(c.right)+1)
		m.columns[i] = c
		u += du
	}
	channels := 1
	if m.r.lut == nil {
		channels = 3
	}
	for k := range m.mixed {
		if cap(m.mixed[k]) < n*channels {
			m.mixed[k] = make([]int32, n*channels)
		}
		m.mixed[k] = m.mixed[k][:n*channels]
	}
}

// row is row y of the image mixed along itself, times 256. The row keep stays.
func (m *mixer) row(y, keep int) []int32 {
	for k := range m.at {
		if m.at[k] == y {
			return m.mixed[k]
		}
	}
	k := 0
	if m.at[0] == keep {
		k = 1
	}
	m.at[k] = y
	m.mix(m.mixed[k], y)
	return m.mixed[k]
}

func (m *mixer) mix(out []int32, y int) {
	f := m.r.frame
	from := y * f.Columns
	if m.r.lut == nil {
		row := m.r.colour[4*from : 4*(from+f.Columns)]
		for i, c := range m.columns {
			a, b := row[4*c.left:4*c.left+3], row[4*c.right:4*c.right+3]
			o := out[3*i : 3*i+3 : 3*i+3]
			o[0] = int32(a[0])<<8 + (int32(b[0])-int32(a[0]))*c.part
			o[1] = int32(a[1])<<8 + (int32(b[1])-int32(a[1]))*c.part
			o[2] = int32(a[2])<<8 + (int32(b[2])-int32(a[2]))*c.part
		}
		return
	}
	switch {
	case f.Uint16 != nil:
		mixGrey(m, out, f.Uint16[from:from+f.Columns], 0xffff)
	case f.Int16 != nil:
		mixGrey(m, out, f.Int16[from:from+f.Columns], 0xffff)
	case f.Uint8 != nil:
		mixGrey(m, out, f.Uint8[from:from+f.Columns], 0xff)
	default:
		mixGrey(m, out, f.Int8[from:from+f.Columns], 0xff)
	}
}

// mixGrey looks the values up before or while it mixes them, whichever are fewer
// look-ups.
func mixGrey[T uint8 | int8 | uint16 | int16](m *mixer, out []int32, row []T, mask int) {
	lut := m.r.lut[:mask+1]
	out = out[:len(m.columns)]
	if m.high-m.low > 2*len(m.columns) {
		for i, c := range m.columns {
			a, b := int32(lut[int(row[c.left])&mask]), int32(lut[int(row[c.right])&mask])
			out[i] = a<<8 + (b-a)*c.part
		}
		return
	}
	if cap(m.shades) < len(row) {
		m.shades = make([]uint8, len(row))
	}
	shades := m.shades[:len(row)]
	for i := m.low; i < m.high; i++ {
		shades[i] = lut[int(row[i])&mask]
	}
	for i, c := range m.columns {
		a, b := int32(shades[c.left]), int32(shades[c.right])
		out[i] = a<<8 + (b-a)*c.part
	}
}
