# Longying 陇影. `make help` lists the targets.
SHELL := /bin/bash
CACHE := $(or $(LONGYING_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/longying)
ORT := $(CACHE)/onnxruntime-1.32.0
TOOLS := $(CACHE)/tools
STATICCHECK := $(TOOLS)/staticcheck-0.8.0
# What ours is compared and measured with: a Python of its own, pinned by .ci/peers.txt.
PEERS := $(CACHE)/peers-$(firstword $(shell cksum .ci/peers.txt))
BIN := bin/longying

# To build and run: a C compiler for SQLite and ONNX Runtime's binding, Little CMS for colour
# profiles, the libraries of JPEG 2000, JPEG-LS and JPEG, OpenSlide (loaded where it is there), and what Fyne links.
BUILD_PACKAGES := gcc libc6-dev pkg-config liblcms2-dev libopenjp2-7-dev libcharls-dev libjpeg62-turbo-dev libopenslide0 libgl1-mesa-dev xorg-dev libwayland-dev libxkbcommon-dev libgl1-mesa-dri
# To test: a display without a screen, the validators of DICOM, XML and PDF, and a PACS.
TEST_PACKAGES := xvfb xauth xdotool x11-apps imagemagick dcmtk dicom3tools libxml2-utils poppler-utils orthanc orthanc-dicomweb
# pip is asked for only where python3 lacks it.
PIP_PACKAGE := $(shell python3 -m pip --version >/dev/null 2>&1 || echo python3-pip)

# python3 -m venv needs a package of Debian's where python3 is Debian's.
VENV_PACKAGE := $(shell python3 -c 'import ensurepip' >/dev/null 2>&1 || echo python3-venv)
# Given from outside, it names another Python that has the peers.
LONGYING_PEERS ?= $(PEERS)/bin/python
# The official builds of ONNX Runtime report to their maker unless they are told not to; the program
# tells them itself, this is for the Python scripts that make or measure with them.
export ORT_DISABLE_TELEMETRY := 1
export LONGYING_ORT_LIBRARY ?= $(ORT)/libonnxruntime.so
GO_PACKAGES = ./...
# Packages without cgo of their own, under the race detector.
RACE_PACKAGES := ./imaging/... ./models ./inference ./records ./records/seal ./records/cda ./records/fhir ./records/sr ./records/seg ./records/row ./records/keyimage ./records/report ./records/outbox ./records/search

.PHONY: help setup setup-run build run demo test soak race lint peers conformance bench clean $(BIN)

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

setup: setup-run $(STATICCHECK) ## install all that building, running and testing need
	@.ci/packages.sh $(TEST_PACKAGES)

setup-run:
	@.ci/packages.sh $(BUILD_PACKAGES) $(PIP_PACKAGE)
	@python3 .ci/onnxruntime.py $(ORT)

$(STATICCHECK):
	@mkdir -p $(TOOLS)
	GOBIN=$(TOOLS) go install honnef.co/go/tools/cmd/staticcheck@v0.8.0
	@mv $(TOOLS)/staticcheck $@

$(BIN):
	@mkdir -p bin
	go build -trimpath -o $(BIN) ./app

build: setup-run $(BIN) ## build bin/longying

run: build ## set up, build, and open the desktop on the shipped sample study
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then exec $(BIN) --sample; \
	else echo "no display here: running longying demo instead of the desktop"; exec $(BIN) demo; fi

demo: build ## the main job end to end, without a window
	@exec $(BIN) demo

test: setup build ## build, and run every test (a display is made with Xvfb)
	@set -o pipefail; LIBGL_ALWAYS_SOFTWARE=1 xvfb-run -a -s '-screen 0 1920x1080x24' go test -count=1 -timeout 25m $(GO_PACKAGES)

# The trials that a record is never lost: killed processes, full disks, pulled plugs, several programs,
# clocks that jump, one busy day; and that memory stays flat over a day. make test runs a few of each.
soak: setup build ## every trial that the record is never lost, and a day of 60 studies in the window (minutes)
	LONGYING_SOAK=1 go test -count=1 -v -timeout 2h -run 'Killed|Plug|Full|Several|Clock|Cut|Cancelled|Busy|Programs|Stolen|RegisteredOnce' ./records/sqlite ./records/outbox ./app/delivery ./app/backup ./app/station ./app/cli
	LONGYING_SOAK=1 go test -count=1 -v -timeout 1h -run OverADay ./app/ui

race: setup ## the packages without cgo under the race detector
	go test -race -count=1 $(RACE_PACKAGES)

lint: $(STATICCHECK) ## gofmt, go vet, staticcheck
	@out=$$(gofmt -l app imaging inference models records); if [ -n "$$out" ]; then echo "not gofmt-ed:"; echo "$$out"; exit 1; fi
	go vet ./...
	$(STATICCHECK) ./...

peers: setup-run
	@[ -x "$(LONGYING_PEERS)" ] || { .ci/packages.sh $(VENV_PACKAGE) && rm -rf $(PEERS) $(PEERS).part && python3 -m venv $(PEERS).part && \
	$(PEERS).part/bin/python -m pip install -q --disable-pip-version-check -r .ci/peers.txt && mv $(PEERS).part $(PEERS); }

# The validator of FHIR, in Java.
HAPI := $(CACHE)/hapi-8.8.1
$(HAPI): .ci/fhir/pom.xml
	@.ci/packages.sh maven openjdk-17-jdk-headless
	rm -rf $@.part
	mvn -q -B -f $< dependency:copy-dependencies -DoutputDirectory=$@.part
	mv $@.part $@

# Where the reference data lies; what is not there is left out.
SHARED := $(wildcard ../shared/data)
conformance: peers build $(HAPI) ## every frame and name of the reference files against pydicom, its plugins, GDCM and DCMTK; a foreign model on a whole head; 200 reports against every validator (minutes)
	@.ci/packages.sh dcmtk
	data=$$($(LONGYING_PEERS) -c 'import os, pydicom; print(os.path.join(os.path.dirname(pydicom.__file__), "data"))') && \
	LONGYING_PYDICOM=$$data go test -count=1 -v -run 'Reference|Pydicom|Malformed' ./imaging/... ./app/cli && \
	$(LONGYING_PEERS) imaging/dicomfile/testdata/reference.py names $(BIN) $$data $(SHARED) && \
	$(LONGYING_PEERS) imaging/dicomfile/testdata/reference.py check $(BIN) $$data $(SHARED)
	LONGYING_PEERS=$(LONGYING_PEERS) go test -count=1 -run Highdicom -v ./records/sr ./records/seg
	LONGYING_SOAK=1 LONGYING_HAPI=$(HAPI) go test -count=1 -run 'Generated|Rare' -v ./app/delivery
	LONGYING_FOREIGN=1 go test -count=1 -run Foreign -v ./inference/ort

# GDCM and DCMTK in C++, for imaging/dicomfile/testdata/peers.py.
DECODERS := $(PEERS)/decoders.so
$(DECODERS): imaging/dicomfile/testdata/peers.cc | peers
	@.ci/packages.sh g++ libdcmtk-dev libgdcm-dev
	@mkdir -p $(dir $@)
	g++ -O2 -shared -fPIC -o $@ $< -I/usr/include/gdcm-3.0 -ldcmjpeg -ldcmjpls -ldcmdata -loflog -lofstd -lgdcmMSFF -lgdcmDSED -lgdcmCommon

bench: peers $(DECODERS) ## benchmarks, with their peers in the same run: x-NAME is how many times faster than NAME
	@.ci/packages.sh dcmtk xvfb xdotool imagemagick
	LONGYING_PEERS=$(LONGYING_PEERS) LONGYING_PEERS_LIBRARY=$(DECODERS) go test -run '^$$' -bench . -benchtime 1s -timeout 1h ./imaging/... ./inference/... ./records/... ./app/...

clean: ## remove what was built here (the cache stays)
	rm -rf bin build
