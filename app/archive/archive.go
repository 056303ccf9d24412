// Package archive keeps imported DICOM objects at rest, sealed, and opens them
// again: the only place that knows how a SOP instance becomes a file of the
// data folder.
package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/dicomfile"
	"longying/imaging/slide"
	"longying/records"
	"longying/records/seal"
	"longying/records/sqlite"
)

// Archive is the objects folder of one data folder.
type Archive struct {
	store   *sqlite.Store
	key     *seal.Key
	folder  string
	decoder codec.Decoder
	slides  slide.Opener
}

// New opens the objects folder under the data folder, making it where needed.
// decoder decodes the frames of Picture; slides opens those that are no DICOM
// objects.
func New(store *sqlite.Store, key *seal.Key, dataFolder string, decoder codec.Decoder, slides slide.Opener) (*Archive, error) {
	folder := filepath.Join(dataFolder, "objects")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("the objects folder cannot be made: %w", err)
	}
	return &Archive{store: store, key: key, folder: folder, decoder: decoder, slides: slides}, nil
}

// Put copies the object that an instance was read from into the data folder,
// sealed, under the hash of its bytes, so that a repeated import writes nothing
// new. The row of the record is the caller's to store. What cannot be kept so
// that it can be opened again is a *NotKeptError.
func (a *Archive) Put(ctx context.Context, in *imaging.Instance) (records.Object, error) {
	if isForeign(in) {
		return a.putSlide(ctx, in)
	}
	f, err := dicomfile.Open(in.Source)
	if err != nil {
		return records.Object{}, err
	}
	defer f.Close()
	return a.put(in, f)
}

func (a *Archive) put(in *imaging.Instance, f *dicomfile.File) (records.Object, error) {
	h := sha256.New()
	size, err := io.Copy(h, f.Object())
	if err != nil {
		return records.Object{}, fmt.Errorf("%s cannot be read: %w", in.Source, err)
	}
	sum := hex.EncodeToString(h.Sum(nil))
	obj := records.Object{SOPUID: in.SOPInstanceUID, StudyUID: in.StudyUID, SeriesUID: in.SeriesUID, SOPClass: in.SOPClassUID,
		Modality: in.Modality, SHA256: sum, Size: size, File: a.key.ObjectName(sum)}
	path := filepath.Join(a.folder, obj.File)
	if _, err := os.Stat(path); err == nil {
		return obj, nil
	}
	return obj, a.key.WriteSealed(path, f.Object())
}

// Open opens one stored SOP instance, its text read as was chosen for its study
// or its device.
func (a *Archive) Open(ctx context.Context, sopUID string) (*dicomfile.File, error) {
	var obj *records.Object
	var ex *records.Examination
	err := a.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		if obj, err = tx.Object(sopUID); err != nil {
			return err
		}
		ex, err = tx.Examination(obj.StudyUID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", sopUID, err)
	}
	return a.open(a.reader(ctx, ex.Text), obj)
}

func (a *Archive) open(rd dicomfile.Reader, obj *records.Object) (*dicomfile.File, error) {
	if obj.SOPClass == "" {
		return nil, fmt.Errorf("object %s is a slide of a scanner's own format and no DICOM object; only the slide room shows it", obj.SOPUID)
	}
	sealed, err := a.key.OpenSealed(filepath.Join(a.folder, obj.File))
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", obj.SOPUID, err)
	}
	f, err := rd.OpenReader(sealed, sealed.Size(), obj.SOPUID)
	if err != nil {
		sealed.Close()
		return nil, fmt.Errorf("object %s: %w", obj.SOPUID, err)
	}
	return f, nil
}

// Reader reads files with the character sets that were chosen for their
// devices. It may be used from several goroutines.
func (a *Archive) Reader(ctx context.Context) dicomfile.Reader {
	return a.reader(ctx, records.HeaderText{})
}

// reader is Reader for a study of which somebody may have chosen the reading.
func (a *Archive) reader(ctx context.Context, text records.HeaderText) dicomfile.Reader {
	var mu sync.Mutex
	type asked struct {
		device   imaging.Device
		declared string
	}
	known := map[asked]string{}
	return dicomfile.Reader{CharacterSet: func(d imaging.Device, declared string) string {
		if text.ByHand && declared == text.Declared {
			return text.Used
		}
		mu.Lock()
		defer mu.Unlock()
		q := asked{d, declared}
		term, ok := known[q]
		if !ok {
			err := a.store.View(ctx, func(tx *sqlite.Tx) error {
				c, err := tx.CharacterSet(tx.DeviceKey(d, declared))
				if err == nil {
					term = c.Used
				}
				return err
			})
			if err != nil { // none, or none that can be read: as declared, with the doubt that the text gives
				term = ""
			}
			known[q] = term
		}
		return term
	}}
}

// Study reads the headers of a stored study, ordered as dicomfile orders them.
// Instance.Source is the SOP instance UID, by which Open finds it.
func (a *Archive) Study(ctx context.Context, studyUID string) (*imaging.Study, error) {
	var text records.HeaderText
	err := a.store.View(ctx, func(tx *sqlite.Tx) error {
		ex, err := tx.Examination(studyUID)
		if err == nil {
			text = ex.Text
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("study %s: %w; import it first", studyUID, err)
	}
	return a.StudyAs(ctx, studyUID, text)
}

// First is a study with one of its pictures alone, the middle one as they were
// stored: something to look at while Study reads the other headers. Where that
// is no picture, or one of a slide, it is nil.
func (a *Archive) First(ctx context.Context, studyUID string) (*imaging.Study, error) {
	var o *records.Object
	var text records.HeaderText
	err := a.store.View(ctx, func(tx *sqlite.Tx) error {
		ex, err := tx.Examination(studyUID)
		if err != nil {
			return err
		}
		text = ex.Text
		o, err = tx.MiddleObject(studyUID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("study %s: %w", studyUID, err)
	}
	if o.SOPClass == "" {
		return nil, nil
	}
	f, err := a.open(a.reader(ctx, text), o)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := *f.Instance()
	if in.Pixels.Rows == 0 || in.Slide != nil {
		return nil, nil
	}
	in.Source = o.SOPUID
	return &dicomfile.Group([]imaging.Instance{in})[0], nil
}

// StudyAs is Study with a reading of the text that is not, or not yet, that of
// the record.
func (a *Archive) StudyAs(ctx context.Context, studyUID string, text records.HeaderText) (*imaging.Study, error) {
	var objects []records.Object
	err := a.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		objects, err = tx.ObjectsOf(studyUID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("study %s: %w", studyUID, err)
	}
	if len(objects) == 0 {
		return nil, fmt.Errorf("study %s: %w; import it first", studyUID, records.ErrNotFound)
	}
	rd := a.reader(ctx, text)
	instances := make([]imaging.Instance, len(objects))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(objects)) {
		group.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(objects) {
					return
				}
				in, err := a.header(ctx, rd, &objects[i])
				if err != nil {
					cancel(err)
					return
				}
				instances[i] = *in
			}
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	studies := dicomfile.Group(instances)
	if len(studies) != 1 {
		return nil, fmt.Errorf("study %s: its stored objects belong to %d studies; run longying doctor", studyUID, len(studies))
	}
	return &studies[0], nil
}

func (a *Archive) header(ctx context.Context, rd dicomfile.Reader, o *records.Object) (*imaging.Instance, error) {
	if o.SOPClass == "" {
		return a.slideHeader(ctx, o)
	}
	f, err := a.open(rd, o)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := *f.Instance()
	in.Source = o.SOPUID
	return &in, nil
}
