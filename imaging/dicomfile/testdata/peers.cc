// GDCM and DCMTK for peers.py, which loads this as a library: the first frame
// of a file that is held in memory, decoded again and again on one thread.
//
//   g++ -O2 -shared -fPIC -o peers.so peers.cc -I/usr/include/gdcm-3.0 -ldcmjpeg -ldcmjpls -ldcmdata -loflog -lofstd -lgdcmMSFF -lgdcmDSED -lgdcmCommon
#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dctk.h"
#include "dcmtk/dcmdata/dcrledrg.h"
#include "dcmtk/dcmjpeg/djdecode.h"
#include "dcmtk/dcmjpls/djdecode.h"
#include "gdcmImageReader.h"
#include "gdcmTrace.h"
#include <vector>

struct GDCM {
  gdcm::ImageReader reader;
  std::vector<char> out;
};

struct DCMTK {
  DcmFileFormat file;
  DcmElement *pixels = nullptr;
  Uint32 size = 0;
  std::vector<char> out;
};

extern "C" {

void *gdcm_open(const char *path) {
  gdcm::Trace::SetWarning(false);
  gdcm::Trace::SetError(false);
  GDCM *g = new GDCM;
  g->reader.SetFileName(path);
  if (!g->reader.Read()) {
    delete g;
    return nullptr;
  }
  g->out.resize(g->reader.GetImage().GetBufferLength());
  return g;
}

int gdcm_decode(void *p) {
  GDCM *g = static_cast<GDCM *>(p);
  return g->reader.GetImage().GetBuffer(g->out.data());
}

void gdcm_close(void *p) { delete static_cast<GDCM *>(p); }

void *dcmtk_open(const char *path) {
  static bool registered = false;
  if (!registered) {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    DJDecoderRegistration::registerCodecs(EDC_never);
    DJLSDecoderRegistration::registerCodecs();
    DcmRLEDecoderRegistration::registerCodecs();
    registered = true;
  }
  DCMTK *d = new DCMTK;
  DcmDataset *ds = d->file.getDataset();
  if (d->file.loadFile(path).good() && d->file.loadAllDataIntoMemory().good() && ds->findAndGetElement(DCM_PixelData, d->pixels).good() &&
      d->pixels->getUncompressedFrameSize(ds, d->size).good()) {
    d->out.resize(d->size + 1);
    return d;
  }
  delete d;
  return nullptr;
}

int dcmtk_decode(void *p) {
  DCMTK *d = static_cast<DCMTK *>(p);
  Uint32 fragment = 0;
  OFString model;
  return d->pixels->getUncompressedFrame(d->file.getDataset(), 0, fragment, d->out.data(), d->size, model).good();
}

void dcmtk_close(void *p) { delete static_cast<DCMTK *>(p); }
}
