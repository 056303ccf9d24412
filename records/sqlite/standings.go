package sqlite

import (
	"time"

	"longying/records"
)

// Standings is how every study stands, by its UID. No sealed column is opened.
func (t *Tx) Standings() (map[string]records.Progress, error) {
	out := map[string]records.Progress{}
	// The order matters: a later stage stands over an earlier one.
	for _, q := range []struct {
		query string
		put   func(s *records.Progress, value int64)
	}{
		{`SELECT study_uid, 0 FROM examinations`, func(s *records.Progress, _ int64) { s.Stage = records.StudyNew }},
		{`SELECT study_uid, 0 FROM runs UNION SELECT study_uid, 0 FROM finding_versions`, func(s *records.Progress, _ int64) { s.Stage = records.StudyRead }},
		{`SELECT study_uid, min(signed_at) FROM signed_documents GROUP BY study_uid`, func(s *records.Progress, at int64) {
			s.Stage, s.Signed = records.StudySigned, time.Unix(0, at).UTC()
		}},
		{`SELECT n.study_uid, 0 FROM signed_documents n JOIN deliveries d ON d.document_id = n.document_id AND d.version = n.version
			WHERE NOT EXISTS (SELECT 1 FROM signed_documents l WHERE l.study_uid = n.study_uid AND l.version > n.version)
			GROUP BY n.study_uid HAVING sum(d.state <> 'acknowledged') = 0`, func(s *records.Progress, _ int64) { s.Stage = records.StudySent }},
		{`SELECT study_uid, 0 FROM reports WHERE state = '` + records.ReportDraft + `'`, func(s *records.Progress, _ int64) { s.Stage = records.StudyDraft }},
		{`SELECT study_uid, 0 FROM reports WHERE state = '` + records.ReportSubmitted + `'`, func(s *records.Progress, _ int64) { s.Stage = records.StudySubmitted }},
		{`SELECT DISTINCT study_uid, 0 FROM critical_events e
			WHERE NOT EXISTS (SELECT 1 FROM critical_events w WHERE w.value_id = e.value_id AND w.act IN ('withdrawn', '` + criticalReadBack + `'))`,
			func(s *records.Progress, _ int64) { s.Critical = true }},
		{`SELECT study_uid, rank() OVER (PARTITION BY patient_id ORDER BY sort_at) - 1 FROM examinations WHERE patient_id IS NOT NULL`,
			func(s *records.Progress, n int64) { s.Earlier = int(n) }},
	} {
		if err := t.standing(q.query, func(uid string, value int64) {
			s := out[uid]
			q.put(&s, value)
			out[uid] = s
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (t *Tx) standing(query string, put func(uid string, value int64)) (err error) {
	rows, err := t.tx.QueryContext(t.ctx, query)
	if err != nil {
		return err
	}
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	for rows.Next() {
		var uid string
		var value int64
		if err := rows.Scan(&uid, &value); err != nil {
			return err
		}
		put(uid, value)
	}
	return rows.Err()
}
