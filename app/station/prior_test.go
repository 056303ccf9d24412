package station

import (
	"errors"
	"testing"

	"longying/records"
)

func TestOnlyAnEarlierStudyOfTheSamePersonIsOpenedBesideAnother(t *testing.T) {
	b := newBench(t)
	refused := func(code, study, prior string) {
		t.Helper()
		_, err := b.Registry.OpenPrior(b.ctx, b.radiologist, study, prior)
		var r *records.RefusedError
		if !errors.As(err, &r) || r.Code != code {
			t.Errorf("%s beside %s: %v, not %s", prior, study, err, code)
		}
	}
	film, slide, ct := b.film.StudyUID, b.slide.StudyUID, b.ct.StudyUID
	refused("prior_unlinked", film, ct) // the CT waits for review
	refused("prior_later", film, slide) // made four days after the film
	refused("prior_later", film, film)
	if ex, err := b.Registry.OpenPrior(b.ctx, b.radiologist, slide, film); err != nil || ex.StudyUID != film {
		t.Errorf("%v %v", ex.StudyUID, err)
	}
	if list, err := b.Registry.Priors(b.ctx, b.radiologist, slide); err != nil || len(list) != 1 || list[0].StudyUID != film {
		t.Errorf("%+v %v", list, err)
	}
	if list, err := b.Registry.Later(b.ctx, b.radiologist, film); err != nil || len(list) != 1 || list[0].StudyUID != slide {
		t.Errorf("later than the film: %+v %v", list, err)
	}
	for _, none := range []string{slide, ct} { // the newest, and one that is nobody's
		if list, err := b.Registry.Later(b.ctx, b.radiologist, none); err != nil || len(list) != 0 {
			t.Errorf("later than %s: %+v %v", none, list, err)
		}
	}
	others, err := b.Registry.Search(b.ctx, b.radiologist, "620102196903089976")
	b.must(err)
	_, err = b.Registry.Link(b.ctx, b.radiologist, ct, others[0].ID)
	b.must(err)
	refused("prior_patient", film, ct)
	refused("prior_patient", slide, ct)
	for _, study := range []string{film, slide} {
		list, err := b.Registry.Priors(b.ctx, b.radiologist, study)
		b.must(err)
		more, err := b.Registry.Later(b.ctx, b.radiologist, study)
		b.must(err)
		for _, ex := range append(list, more...) {
			if ex.StudyUID == ct {
				t.Error("another person's study is offered")
			}
		}
	}
}
