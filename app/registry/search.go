package registry

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"longying/app/trail"
	"longying/records"
	"longying/records/search"
	"longying/records/sqlite"
)

const (
	foundLimit  = 100     // people that a search shows
	pageSize    = 1 << 13 // people that are read at a time
	batchSize   = 1 << 16 // people that are indexed at a time
	followLimit = 500     // changes that a search takes in by itself
)

// Found is what a search has found. Audited is that a result is opened or
// linked, not the search.
type Found struct {
	People []records.Patient // the best first, each person once
	More   bool              // there are others
	// While the index is built, Indexed of Total people were looked at by part
	// of a name or number; whole numbers always find everybody. Both are 0 where
	// all were looked at.
	Indexed, Total int
}

// people is the index of the register in the memory of this process. Nothing of
// it is ever on disk.
type people struct {
	wanted chan struct{} // there is more to follow than a search should wait for
	behind atomic.Bool   // it is being built, or many changes are taken in
	done   atomic.Int64
	total  atomic.Int64

	mu    sync.Mutex
	index *search.Index // nil: none is kept
	seq   int64         // newest change of people that is in it
}

func (p *people) current() *search.Index {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.index
}

// KeepIndex builds the index and follows what changes until ctx ends, and drops
// it then. Searches use what is there of it meanwhile.
func (r *Registry) KeepIndex(ctx context.Context) error {
	p := &r.people
	defer func() {
		p.mu.Lock()
		p.index = nil
		p.mu.Unlock()
	}()
	for {
		if err := r.buildIndex(ctx); err != nil {
			return err
		}
		for whole := true; whole; {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-p.wanted:
			}
			p.behind.Store(true)
			err := r.store.View(ctx, func(tx *sqlite.Tx) (err error) {
				_, whole, err = p.follow(tx, -1)
				return err
			})
			if err != nil {
				return err
			}
			p.behind.Store(!whole)
		}
	}
}

func (r *Registry) buildIndex(ctx context.Context) error {
	p := &r.people
	x := search.New()
	p.behind.Store(true)
	p.done.Store(0)
	err := r.store.View(ctx, func(tx *sqlite.Tx) error {
		n, err := tx.CountPatients()
		if err != nil {
			return err
		}
		seq, err := tx.LastPeopleChange()
		if err != nil {
			return err
		}
		p.total.Store(int64(n))
		p.mu.Lock()
		p.index, p.seq = x, seq
		p.mu.Unlock()
		return nil
	})
	if err != nil {
		return err
	}
	batches := make(chan []search.Person, 1)
	var adding sync.WaitGroup
	adding.Go(func() {
		for b := range batches {
			if ctx.Err() == nil {
				x.Add(b)
				p.done.Add(int64(len(b)))
			}
		}
	})
	err = r.readPeople(ctx, func(b []search.Person) { batches <- b })
	close(batches)
	adding.Wait()
	if err != nil {
		return err
	}
	// What changed meanwhile.
	err = r.store.View(ctx, func(tx *sqlite.Tx) error {
		_, _, err := p.follow(tx, -1)
		return err
	})
	p.behind.Store(false)
	return err
}

// readPeople reads the register in short transactions, so that the log of the
// database does not grow behind it.
func (r *Registry) readPeople(ctx context.Context, take func([]search.Person)) error {
	var batch []search.Person
	for after, last := "", false; !last; {
		err := r.store.View(ctx, func(tx *sqlite.Tx) error {
			page, err := tx.PatientsAfter(after, pageSize)
			if err != nil {
				return err
			}
			last = len(page) < pageSize
			if len(page) == 0 {
				return nil
			}
			accessions, err := tx.AccessionNumbers(page[0].ID, page[len(page)-1].ID)
			if err != nil {
				return err
			}
			for i := range page {
				batch = append(batch, searched(&page[i], accessions[page[i].ID]))
			}
			after = page[len(page)-1].ID
			return nil
		})
		if err != nil {
			return err
		}
		if len(batch) >= batchSize || last {
			take(batch)
			batch = nil
		}
	}
	return nil
}

// searched is what of a person finds them.
func searched(p *records.Patient, accessions []string) search.Person {
	s := search.Person{ID: p.ID, Name: p.Name, Pinyin: p.NamePinyin, Phone: p.Phone, Numbers: []string{p.IDNumber, p.HealthRecordNumber}}
	for _, n := range p.Numbers {
		s.Numbers = append(s.Numbers, n.Number)
	}
	s.Numbers = append(s.Numbers, accessions...)
	return s
}

// follow takes in what changed, by this process or another one, where that is
// at most limit people; -1 is no limit. Complete is false where it was more.
func (p *people) follow(tx *sqlite.Tx, limit int) (complete, whole bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.index == nil {
		return false, true, nil
	}
	ids, last, whole, err := tx.PeopleChanges(p.seq)
	if err != nil || !whole {
		return false, whole, err
	}
	if limit >= 0 && len(ids) > limit {
		return false, true, nil
	}
	for _, id := range ids {
		patient, err := tx.Patient(id)
		if errors.Is(err, records.ErrNotFound) {
			p.index.Remove(id)
			continue
		}
		if err != nil {
			return false, true, err
		}
		accessions, err := tx.AccessionNumbers(id, id)
		if err != nil {
			return false, true, err
		}
		p.index.Put(searched(patient, accessions[id]))
	}
	p.seq = last
	return true, true, nil
}

// ready is the index with every change that tx knows, or nil where there is
// none to that moment.
func (p *people) ready(tx *sqlite.Tx) (*search.Index, error) {
	x := p.current()
	if x == nil || p.behind.Load() {
		return nil, nil
	}
	complete, _, err := p.follow(tx, followLimit)
	if err != nil {
		return nil, err
	}
	if !complete {
		p.behind.Store(true)
		select {
		case p.wanted <- struct{}{}:
		default: // it was said already
		}
		return nil, nil
	}
	return x, nil
}

// Find finds people as somebody types: by part of a name in characters, by
// pinyin and initials, by the beginning of a number. It answers at once with
// what is indexed so far, and says so. Without an index it is SearchAll.
func (r *Registry) Find(ctx context.Context, actor records.User, text string) (Found, error) {
	return r.find(ctx, actor, text, false)
}

// SearchAll is Find that looks at everybody, however long that takes.
func (r *Registry) SearchAll(ctx context.Context, actor records.User, text string) (Found, error) {
	return r.find(ctx, actor, text, true)
}

// Search lists the people whom SearchAll finds.
func (r *Registry) Search(ctx context.Context, actor records.User, text string) ([]records.Patient, error) {
	f, err := r.SearchAll(ctx, actor, text)
	return f.People, err
}

func (r *Registry) find(ctx context.Context, actor records.User, text string, all bool) (Found, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "search", ""); err != nil {
		return Found{}, err
	}
	var out Found
	err := r.store.View(ctx, func(tx *sqlite.Tx) error {
		out = Found{}
		whole, err := tx.PatientsByWholeNumber(text)
		if err != nil {
			return err
		}
		var ids []string
		for i := range whole {
			ids = append(ids, whole[i].ID)
		}
		x, err := r.people.ready(tx)
		if err != nil {
			return err
		}
		var hits []search.Hit
		switch partial := r.people.current(); {
		case x != nil:
			hits, out.More = x.Search(text, foundLimit)
		case partial != nil && !all:
			hits, out.More = partial.Search(text, foundLimit)
			out.Indexed, out.Total = int(r.people.done.Load()), int(r.people.total.Load())
			out.Total = max(out.Total, out.Indexed+1) // many changes are taken in
		default:
			if hits, out.More, err = scan(tx, text); err != nil {
				return err
			}
		}
		for _, h := range hits {
			ids = append(ids, h.ID)
		}
		out.People, err = persons(tx, ids)
		return err
	})
	return out, err
}

// scan looks through the register without an index.
func scan(tx *sqlite.Tx, text string) ([]search.Hit, bool, error) {
	s := search.NewScan(text, foundLimit)
	accessions, err := tx.AccessionNumbers("", "\U0010ffff")
	if err != nil {
		return nil, false, err
	}
	err = tx.EachPatient(func(p *records.Patient) error {
		who := searched(p, accessions[p.ID])
		s.Try(&who)
		return nil
	})
	hits, more := s.Hits()
	return hits, more, err
}

// persons are those whom entries of the register stand for, each once; an entry
// that is gone is left out.
func persons(tx *sqlite.Tx, ids []string) ([]records.Patient, error) {
	into, err := tx.PersonsOf(ids)
	if err != nil {
		return nil, err
	}
	var each []string
	seen := map[string]bool{}
	for _, id := range ids {
		if person, ok := into[id]; ok {
			id = person
		}
		if !seen[id] {
			seen[id] = true
			each = append(each, id)
		}
	}
	all, err := tx.PatientsOf(each)
	if err != nil {
		return nil, err
	}
	var out []records.Patient
	for _, id := range each {
		if p, ok := all[id]; ok {
			out = append(out, p)
		}
	}
	return out, nil
}

// studyFilter says of studies whether a text finds whose they are: the person
// and the entries merged into theirs, or the header of one that is nobody's.
func (r *Registry) studyFilter(tx *sqlite.Tx, text string) (func(*records.Examination) bool, error) {
	absorbed, err := tx.Absorbed()
	if err != nil {
		return nil, err
	}
	x, err := r.people.ready(tx)
	if err != nil {
		return nil, err
	}
	look := search.NewScan(text, 1)
	match := func(id string) bool {
		p, err := tx.Patient(id)
		if err != nil {
			return false
		}
		who := searched(p, nil)
		return look.Try(&who)
	}
	if x != nil {
		known, slow := x.Matcher(text), match
		match = func(id string) bool {
			if found, ok := known(id); ok {
				return found
			}
			return slow(id)
		}
	}
	asked := map[string]bool{}
	return func(e *records.Examination) bool {
		if e.PatientID == "" {
			letters, _, _ := strings.Cut(e.Header.Name, "=")
			return look.Try(&search.Person{Name: e.Header.Display, Pinyin: letters})
		}
		found, ok := asked[e.PatientID]
		if !ok {
			found = match(e.PatientID) || slices.ContainsFunc(absorbed[e.PatientID], match)
			asked[e.PatientID] = found
		}
		return found
	}, nil
}
