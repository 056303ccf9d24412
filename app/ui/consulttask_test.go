package ui

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// field finds what is typed into by the words that stand in it while it is empty.
func (h *hand) field(hint lang.Key) func() fyne.CanvasObject {
	return func() fyne.CanvasObject {
		for _, o := range test.LaidOutObjects(h.session.window.Content()) {
			if e, ok := o.(*workspace.Entry); ok && e.Visible() && e.PlaceHolder == h.session.lang.T(hint) {
				return e
			}
		}
		return nil
	}
}

// unticked finds the first box that is not ticked and whose words hold these.
func (h *hand) unticked(words string) func() fyne.CanvasObject {
	return func() fyne.CanvasObject {
		for _, o := range test.LaidOutObjects(h.session.window.Content()) {
			if c, ok := o.(*workspace.Check); ok && c.Visible() && !c.Checked && strings.Contains(c.Text, words) {
				return c
			}
		}
		return nil
	}
}

// held is the only consult, as the record has it.
func (h *hand) held() records.Consult {
	list, err := h.session.station.Consult.List(context.Background(), h.session.ws.User())
	if err != nil || len(list) > 1 {
		h.fail("%d consults, %v", len(list), err)
	}
	if len(list) == 0 {
		return records.Consult{}
	}
	return list[0]
}

func (h *hand) comes(state string) {
	h.until("the consult is "+state, func() bool { return h.held().State == state })
}

// consult holds one from its request to its end: the pathologist of the open slide
// asks, lays what was found before it, leads, and compares what came of it.
func (h *hand) consult() {
	t := h.session.lang.T
	h.room("consult")
	h.press("ctrl+n")
	h.write("肺部病变影像-病理会诊")
	h.press("Tab")
	h.write("影像与病理是否一致，下一步如何处理？")
	h.press("ctrl+Return")
	h.comes(records.ConsultPreparing)

	for n := range 2 {
		h.click("what can be laid before it", h.button(t("consult.button_add")))
		h.until("it is laid", func() bool { return len(h.held().Items) == n+1 })
	}

	h.press("ctrl+Right")
	h.click("the day", h.field("consult.meeting_date_hint"))
	h.write(time.Now().In(imaging.Zone()).AddDate(0, 0, 1).Format("20060102"))
	h.press("Tab")
	h.write("08:30")
	h.press("Tab")
	h.write("三楼会诊室")
	chair := h.session.ws.User()
	h.press("Tab", "space")
	h.until("the doctors who can lead it are listed", func() bool { return h.session.window.Canvas().Overlays().Top() != nil })
	colleagues, err := h.session.station.Consult.Colleagues(context.Background(), chair)
	if err != nil {
		h.fail("%w", err)
	}
	for _, x := range colleagues {
		h.press("Down")
		if x.UserID == chair.ID {
			break
		}
	}
	h.press("Return")
	h.click("the members", h.field("consult.schedule_members_hint"))
	h.write(h.sample.Users["radiologist"].Name + "，放射科\n" + chair.Name + "，病理科")
	h.press("ctrl+Return")
	h.comes(records.ConsultScheduled)

	// It begins once each thing that is missing was named.
	_, words, _ := strings.Cut(t("consult.go_without", "\x00"), "\x00")
	for range records.CheckItems() {
		left := false
		h.settle()
		fyne.DoAndWait(func() { left = h.unticked(words)() != nil })
		if !left {
			break
		}
		h.click("something that is missing", h.unticked(words))
	}
	h.press("ctrl+b")
	h.comes(records.ConsultMeeting)

	h.click("who speaks", h.field("consult.name_hint"))
	h.write(chair.Name)
	h.press("Tab")
	h.write("病理科")
	h.press("Tab")
	h.write(h.password("pathologist"))
	h.press("Tab")
	h.write("切片倾向腺癌，建议免疫组化。")
	h.press("ctrl+Return")
	h.until("an opinion was given under the member's own password", func() bool {
		all := h.held().Opinions
		return len(all) == 1 && all[0].Own()
	})

	h.press("Escape", "ctrl+Right")
	h.click("the decision", h.field("consult.decision_hint"))
	h.write("先行免疫组化，再议手术。")
	h.click("its tasks", h.field("consult.tasks_hint"))
	h.write(time.Now().In(imaging.Zone()).AddDate(0, 0, 14).Format("20060102") + "，" + chair.Name + "，免疫组化")
	h.press("ctrl+Return")
	h.comes(records.ConsultFollowing)

	h.press("ctrl+d") // asks for the result
	h.write("TTF-1 阳性表达")
	h.press("ctrl+d")
	h.until("the task is done", func() bool {
		all := h.held().FollowUps
		return len(all) == 1 && all[0].Done && all[0].Owner != nil && all[0].Owner.UserID == chair.ID
	})
	h.press("ctrl+u")
	h.write("按结论完成免疫组化")
	h.press("Tab")
	h.write("确诊肺腺癌，转胸外科手术")
	h.press("ctrl+Return")
	h.until("the outcome stands beside the decision", func() bool {
		m := h.held()
		return m.Outcome() != nil && m.Outcome().Concordant
	})
	h.press("Escape", "ctrl+End")
	h.comes(records.ConsultClosed)
	h.reads(t("consult.said_closed"))
}
