#pragma once

#include <vector>

#include "certs/render/canvas.h"
#include "certs/render/pdf_draw.h"

namespace quietus::certs {

/// The sheets before a batch: each drive with its verdict and the page its record begins on.
void draw_summary(Canvas& canvas, const BatchSummary& summary, const QrCode& code,
                  const std::vector<Page>& pages, const std::vector<int>& begins, int in_all);

}  // namespace quietus::certs
