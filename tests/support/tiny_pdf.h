#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

namespace chunkrd::test {

/// A page of a tiny PDF: what stands in its dictionary beside its text, and what is drawn on it, where the
/// font /F is Helvetica. "/MediaBox [0 0 612 792] /Rotate 90", "BT /F 24 Tf 72 700 Td (Hello) Tj ET".
struct TinyPage {
  std::string entries = "/MediaBox [0 0 612 792]";
  std::string drawing{};
};

/// A whole, valid PDF of these pages.
inline std::string tiny_pdf(const std::vector<TinyPage>& pages) {
  std::vector<std::string> objects{"<< /Type /Catalog /Pages 2 0 R >>", "",
                                   "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"};
  std::string kids;
  for (const TinyPage& page : pages) {
    const std::size_t number = objects.size() + 1;
    kids += fmt::format("{} 0 R ", number);
    objects.push_back(fmt::format(
        "<< /Type /Page /Parent 2 0 R {} /Contents {} 0 R /Resources << /Font << /F 3 0 R >> >> >>",
        page.entries, number + 1));
    objects.push_back(
        fmt::format("<< /Length {} >>\nstream\n{}\nendstream", page.drawing.size(), page.drawing));
  }
  objects[1] = fmt::format("<< /Type /Pages /Kids [{}] /Count {} >>", kids, pages.size());
  std::string pdf = "%PDF-1.4\n",
              table = fmt::format("xref\n0 {}\n0000000000 65535 f \n", objects.size() + 1);
  for (std::size_t i = 0; i < objects.size(); ++i) {
    table += fmt::format("{:010} 00000 n \n", pdf.size());
    pdf += fmt::format("{} 0 obj\n{}\nendobj\n", i + 1, objects[i]);
  }
  return pdf + table +
         fmt::format("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{}\n%%EOF\n", objects.size() + 1,
                     pdf.size());
}

}  // namespace chunkrd::test
