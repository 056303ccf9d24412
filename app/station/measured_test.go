package station

import (
	"testing"
	"time"

	"longying/imaging"
	"longying/records"
	"longying/records/report"
)

func TestAMeasurementThatASentenceStatesCannotChangeUnnoticedBeforeTheSignature(t *testing.T) {
	b := newBench(t)
	study := b.film.StudyUID
	a, err := b.Reading.Annotate(b.ctx, b.radiologist, b.length(study))
	b.must(err)
	s, ok := report.Measured(&a, report.Spot{Series: 1})
	if !ok {
		t.Fatal("no sentence")
	}
	own := []records.Sentence{{Text: "胸廓对称。"}}
	_, err = b.Reading.SaveDraft(b.ctx, b.radiologist, study, append(own, s), own)
	b.must(err)
	moved := records.AnnotationChange{Points: []imaging.Point{{X: 10, Y: 20}, {X: 90, Y: 20}}, Values: a.Values, Basis: a.Basis}
	moved.Values = []records.Measurement{a.Values[0]}
	moved.Values[0].Value *= 2
	_, err = b.Reading.EditAnnotation(b.ctx, b.radiologist, a.UID, moved)
	b.must(err)
	_, err = b.Reading.Sign(b.ctx, b.radiologist, study, b.password("radiologist"))
	b.refused("contradiction", err)
	// Taken back, it is as the sentence says.
	_, err = b.Reading.UndoAnnotation(b.ctx, b.radiologist, a.UID, 2, 1)
	b.must(err)
	open, err := b.Reading.Contradictions(b.ctx, b.radiologist, study)
	b.must(err)
	if len(open) != 0 {
		t.Errorf("%+v", open)
	}
	// Left out while its sentence stands, it is missed until somebody says why.
	_, err = b.Reading.LeaveAnnotation(b.ctx, b.radiologist, a.UID, true)
	b.must(err)
	_, err = b.Reading.Sign(b.ctx, b.radiologist, study, b.password("radiologist"))
	b.refused("contradiction", err)
	open, err = b.Reading.Contradictions(b.ctx, b.radiologist, study)
	b.must(err)
	_, err = b.Reading.Answer(b.ctx, b.radiologist, study, open[0], "仅文字描述")
	b.must(err)
	doc, err := b.Reading.Sign(b.ctx, b.radiologist, study, b.password("radiologist"))
	b.must(err)
	if len(doc.Document.Annotations) != 0 || len(doc.Document.Answered) != 1 || doc.Document.FindingText[1].AnnotationUID != a.UID {
		t.Errorf("%+v", doc.Document)
	}
}

func TestANumberWrittenOverInTheSentenceOfAMeasurementIsNotSignedUntilItIsRightOrAnswered(t *testing.T) {
	b := newBench(t)
	study := b.film.StudyUID
	a, err := b.Reading.Annotate(b.ctx, b.radiologist, b.length(study))
	b.must(err)
	s, ok := report.Measured(&a, report.Spot{Series: 1})
	if !ok || len(a.Values) != 1 {
		t.Fatalf("%+v", a)
	}
	own := []records.Sentence{{Text: "胸廓对称。"}}
	write := func(text string) {
		t.Helper()
		s.Text = text
		_, err := b.Reading.SaveDraft(b.ctx, b.radiologist, study, append(own, s), own)
		b.must(err)
	}
	right := s.Text
	for _, wrong := range []string{"测量长度 999 mm。", "测量长度同前。"} {
		write(wrong)
		_, err = b.Reading.Sign(b.ctx, b.radiologist, study, b.password("radiologist"))
		b.refused("contradiction", err)
		open, err := b.Reading.Contradictions(b.ctx, b.radiologist, study)
		b.must(err)
		if len(open) != 1 || open[0].Code != records.ContradictsValue || open[0].Text != wrong || open[0].Known != a.Stated() {
			t.Fatalf("%+v", open)
		}
	}
	write(right)
	open, err := b.Reading.Contradictions(b.ctx, b.radiologist, study)
	b.must(err)
	if len(open) != 0 {
		t.Errorf("corrected: %+v", open)
	}
	// What stands by the doctor's word is signed with that word, and can be delivered.
	write("测量长度 999 mm。")
	open, err = b.Reading.Contradictions(b.ctx, b.radiologist, study)
	b.must(err)
	_, err = b.Reading.Answer(b.ctx, b.radiologist, study, open[0], "按体表标记")
	b.must(err)
	doc, err := b.Reading.Sign(b.ctx, b.radiologist, study, b.password("radiologist"))
	b.must(err)
	if len(doc.Document.Answered) != 1 || doc.Document.Answered[0].Answer != "按体表标记" {
		t.Errorf("%+v", doc.Document.Answered)
	}
	doc.Document.Answered = nil
	if err := doc.Document.Check(); err != nil {
		t.Errorf("a document that was signed before numbers were looked at leaves no more: %v", err)
	}
}

func TestWhatWasMeasuredStaysWithTheImagesWhenTheStudyIsUnlinkedAndCarriesNoIdentityToTheNextPerson(t *testing.T) {
	b := newBench(t)
	study := b.film.StudyUID
	a, err := b.Reading.Annotate(b.ctx, b.radiologist, b.length(study))
	b.must(err)
	gone, err := b.Reading.Annotate(b.ctx, b.radiologist, b.length(study))
	b.must(err)
	_, err = b.Reading.DeleteAnnotation(b.ctx, b.radiologist, gone.UID)
	b.must(err)
	s, _ := report.Measured(&a, report.Spot{})
	_, err = b.Reading.SaveDraft(b.ctx, b.radiologist, study, []records.Sentence{s}, []records.Sentence{{Text: "随访。"}})
	b.must(err)
	first, err := b.Reading.Sign(b.ctx, b.radiologist, study, b.password("radiologist"))
	b.must(err)
	done, err := b.Registry.Unlink(b.ctx, b.radiologist, study, "片子是另一位患者的", b.password("radiologist"))
	b.must(err)
	if done.Reissued != 1 {
		t.Errorf("%+v", done)
	}
	ps, err := b.Registry.Search(b.ctx, b.radiologist, "马志远")
	b.must(err)
	_, err = b.Registry.Link(b.ctx, b.radiologist, study, ps[0].ID)
	b.must(err)
	list, err := b.Reading.Annotations(b.ctx, b.radiologist, study)
	b.must(err)
	if len(list) != 1 {
		t.Fatalf("%d measurements", len(list))
	}
	now, was := list[0], first.Document.Annotations[0]
	if now.UID == was.UID || now.TrackingUID == was.TrackingUID || now.TrackingID == was.TrackingID || now.Was != was.UID {
		t.Errorf("the identity %s, %s went along", now.UID, now.TrackingUID)
	}
	if now.ByName != was.ByName || !now.At.Truncate(time.Second).Equal(was.At) || now.Values[0] != was.Values[0] || now.Points[1] != was.Points[1] {
		t.Errorf("it says something else now: %+v", now)
	}
	_, err = b.Reading.EditAnnotation(b.ctx, b.radiologist, was.UID, records.AnnotationChange{})
	b.refused("annotation_deleted", err)
	_, err = b.Reading.SaveDraft(b.ctx, b.radiologist, study, []records.Sentence{s}, []records.Sentence{{Text: "随访。"}})
	b.must(err)
	_, err = b.Reading.Sign(b.ctx, b.radiologist, study, b.password("radiologist"))
	b.refused("contradiction", err) // the old person's sentence, pasted
	history, err := b.Reading.AnnotationHistory(b.ctx, b.radiologist, now.UID)
	b.must(err)
	if len(history) != 1 || history[0].ByName != b.radiologist.Name {
		t.Errorf("%+v", history)
	}
	b.auditCount()
}
