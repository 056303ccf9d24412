package workspace

import (
	"context"

	"longying/app/ui/lang"
)

const languagePreference = "language"

// LoadLanguage takes the language that was stored in this data folder. One that
// the window was left in, or that was chosen a moment ago, before the folder
// could be opened, stands.
func (ws *Workspace) LoadLanguage(failed func(error)) {
	before := ws.Lang.Code()
	if before != lang.Chinese || ws.Screen.State().Language != "" {
		ws.StoreLanguage(failed)
		return
	}
	ws.NewTask().Start(func(ctx context.Context) func() {
		stored, err := ws.Admin.Preference(ctx, languagePreference)
		return func() {
			switch code := lang.Code(stored); {
			case err != nil:
				failed(err)
			case stored != "" && code != before && ws.Lang.Code() == before:
				ws.SetLanguage(code)
			}
		}
	})
}

// StoreLanguage keeps the present language in the data folder.
func (ws *Workspace) StoreLanguage(failed func(error)) {
	code, user := string(ws.Lang.Code()), ws.user
	ws.keeping.Start(func(ctx context.Context) func() {
		err := ws.Admin.SetPreference(ctx, user, languagePreference, code)
		return func() {
			if err != nil {
				failed(err)
			}
		}
	})
}
