// Decodes the first frame of each file again and again for a while, in GDCM and
// in DCMTK, on one thread and without reading the file, and prints for each
// the best time in seconds ("-" where it cannot): path, GDCM, DCMTK.
//
//   g++ -O2 -o peers peers.cc -I/usr/include/gdcm-3.0 -ldcmjpeg -ldcmdata -loflog -lofstd -lgdcmMSFF -lgdcmDSED -lgdcmCommon
#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dctk.h"
#include "dcmtk/dcmdata/dcrledrg.h"
#include "dcmtk/dcmjpeg/djdecode.h"
#include "gdcmImageReader.h"
#include "gdcmTrace.h"
#include <chrono>
#include <cstdio>
#include <vector>

template <class F> static void best(F decode) {
  using clock = std::chrono::steady_clock;
  double least = 0;
  auto end = clock::now() + std::chrono::milliseconds(400);
  while (least == 0 || clock::now() < end) {
    auto start = clock::now();
    if (!decode()) {
      printf("\t-");
      return;
    }
    double t = std::chrono::duration<double>(clock::now() - start).count();
    if (least == 0 || t < least)
      least = t;
  }
  printf("\t%.9f", least);
}

int main(int argc, char **argv) {
  gdcm::Trace::SetWarning(false);
  gdcm::Trace::SetError(false);
  OFLog::configure(OFLogger::OFF_LOG_LEVEL);
  DJDecoderRegistration::registerCodecs(EDC_never);
  DcmRLEDecoderRegistration::registerCodecs();
  for (int i = 1; i < argc; i++) {
    printf("%s", argv[i]);
    gdcm::ImageReader reader;
    reader.SetFileName(argv[i]);
    if (reader.Read()) {
      std::vector<char> out(reader.GetImage().GetBufferLength());
      best([&] { return reader.GetImage().GetBuffer(out.data()); });
    } else {
      printf("\t-");
    }
    DcmFileFormat file;
    DcmElement *e = nullptr;
    DcmDataset *ds = file.getDataset();
    if (file.loadFile(argv[i]).good() && file.loadAllDataIntoMemory().good() &&
        ds->findAndGetElement(DCM_PixelData, e).good()) {
      Uint32 size = 0;
      e->getUncompressedFrameSize(ds, size);
      std::vector<char> out(size + 1);
      best([&] {
        Uint32 fragment = 0;
        OFString model;
        return e->getUncompressedFrame(ds, 0, fragment, out.data(), size, model).good();
      });
    } else {
      printf("\t-");
    }
    printf("\n");
  }
}
