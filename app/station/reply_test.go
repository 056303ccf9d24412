package station

import (
	"bytes"
	"testing"

	"longying/app/consult"
	"longying/records"
)

func TestOpinionsOfAnotherStationMergeWithoutOverwritingAnyone(t *testing.T) {
	here, there := newBench(t), newBench(t)
	const passphrase = "a long passphrase"
	m, err := here.Consult.Create(here.ctx, here.radiologist, here.film.PatientID, "题", "问", nil)
	here.must(err)
	m, err = here.Consult.Opine(here.ctx, here.radiologist, m.ID, records.Opinion{Member: records.Member{Name: "甲"}, Text: "手术"}, "")
	here.must(err)
	m, err = here.Consult.Get(here.ctx, here.radiologist, m.ID) // as it is stored
	here.must(err)
	own := m.Opinions[0]
	pack := func(b *bench, id string) []byte {
		var w bytes.Buffer
		_, err := b.Consult.WritePack(b.ctx, b.radiologist, id, consult.PackOptions{Passphrase: passphrase}, &w, nil)
		b.must(err)
		return w.Bytes()
	}
	sealed := pack(here, m.ID)
	open := func(raw []byte) *consult.Pack {
		p, err := consult.OpenPack(there.ctx, bytes.NewReader(raw), passphrase, nil)
		there.must(err)
		return p
	}
	answer := func(p *consult.Pack, text, replaces string) (records.Opinion, []byte) {
		var w bytes.Buffer
		o, err := there.Consult.Reply(there.ctx, there.pathologist, p, records.Opinion{Member: records.Member{Name: "乙", Discipline: "病理科"}, Text: text, Replaces: replaces, Dissent: true}, passphrase, &w)
		there.must(err)
		return o, w.Bytes()
	}
	merge := func(raw []byte, want, all int) records.Consult {
		t.Helper()
		m, added, err := here.Consult.Merge(here.ctx, here.radiologist, bytes.NewReader(raw), passphrase)
		here.must(err)
		if added != want || len(m.Opinions) != all {
			t.Errorf("%d added, %d in all; want %d, %d", added, len(m.Opinions), want, all)
		}
		return m
	}
	p := open(sealed)
	first, r1 := answer(p, "保守治疗", "")
	merge(r1, 1, 2)
	merge(r1, 0, 2) // the same twice is once
	_, same := answer(p, "保守治疗", "")
	merge(same, 0, 2) // also when written anew
	_, r2 := answer(p, "保守治疗，三月后复查", first.ID)
	_, r3 := answer(p, "先穿刺", first.ID)
	merge(r2, 1, 3)
	got := merge(r3, 1, 4) // two edits made apart are both kept
	if n := len(got.Standing()); n != 3 {
		t.Errorf("%d opinions stand, want the own one and both edits", n)
	}
	if got.Opinions[0] != own || got.Opinions[1].Text != "保守治疗" || !got.Opinions[1].Dissent || got.Opinions[1].Received.IsZero() {
		t.Errorf("an opinion changed: %+v", got.Opinions[:2])
	}

	// Under whose name it comes is written in the file, and no more; who took it in is known.
	for _, o := range got.Opinions[1:] {
		if !o.Unverified() || !o.Outside() || o.Own() || o.EnteredBy != "" || o.MergedBy != here.radiologist.ID || o.MergedByName != here.radiologist.Name {
			t.Errorf("%+v does not say who took it in, or says that somebody here spoke", o)
		}
	}
	if text := consult.Minutes(&got, &records.Patient{Name: "刘小满"}); !contains(text, "乙（病理科）：【不同意见】【外院意见，身份未核实】", "先穿刺（署名据回复文件；"+here.radiologist.Name) ||
		contains(text, "甲：【外院意见") {
		t.Error(text)
	}
	pdf, err := here.PrintMinutes(here.ctx, here.radiologist, m.ID, "en")
	if here.must(err); len(pdf) == 0 {
		t.Error("no minutes")
	}

	// Nobody else's is replaced, neither where it is written nor where it is read.
	var w bytes.Buffer
	_, err = there.Consult.Reply(there.ctx, there.pathologist, p, records.Opinion{Member: records.Member{Name: "甲"}, Text: "x", Replaces: own.ID}, passphrase, &w)
	here.refused("reply_replaces", err)
	blind := *p
	blind.Consult.Opinions = nil
	_, evil := func() (records.Opinion, []byte) {
		var w bytes.Buffer
		o, err := there.Consult.Reply(there.ctx, there.pathologist, &blind, records.Opinion{Member: records.Member{Name: "甲"}, Text: "x", Replaces: own.ID}, passphrase, &w)
		there.must(err)
		return o, w.Bytes()
	}()
	_, _, err = here.Consult.Merge(here.ctx, here.radiologist, bytes.NewReader(evil), passphrase)
	here.refused("reply_replaces", err)

	// Tampered, of another passphrase, foreign, or a reply where a pack is wanted.
	_, _, err = here.Consult.Merge(here.ctx, here.radiologist, bytes.NewReader(r1), "another passphrase")
	here.refused("pack_passphrase", err)
	bad := bytes.Clone(r1)
	bad[len(bad)-20] ^= 1
	if _, _, err = here.Consult.Merge(here.ctx, here.radiologist, bytes.NewReader(bad), passphrase); err == nil {
		t.Error("a tampered reply was merged")
	}
	foreign := *p
	foreign.ID = "PACK-0000"
	_, rf := answer(&foreign, "x", "")
	_, _, err = here.Consult.Merge(here.ctx, here.radiologist, bytes.NewReader(rf), passphrase)
	here.refused("reply_foreign", err)
	_, err = consult.OpenPack(here.ctx, bytes.NewReader(r1), passphrase, nil)
	here.refused("pack_reply", err)
	if m, err = here.Consult.Get(here.ctx, here.radiologist, m.ID); err != nil || len(m.Opinions) != 4 {
		t.Errorf("a refused reply left something: %d opinions, %v", len(m.Opinions), err)
	}

	// Here too, a member's own version replaces the one before, and both stay.
	_, err = here.Consult.Opine(here.ctx, here.pathologist, m.ID, records.Opinion{Member: own.Member, Text: "不手术", Replaces: own.ID}, "")
	here.refused("opinion_replaces", err)
	m, err = here.Consult.Opine(here.ctx, here.radiologist, m.ID, records.Opinion{Member: own.Member, Text: "不手术", Replaces: own.ID}, "")
	here.must(err)
	if m.Opinions[0] != own || len(m.Opinions) != 5 || len(m.Standing()) != 3 {
		t.Errorf("%d opinions, %d stand", len(m.Opinions), len(m.Standing()))
	}
}
