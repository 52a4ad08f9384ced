#pragma once

#include "discovery/open_nodes.h"
#include "discovery/picture.h"

namespace quietus::discovery {

/// What the whole machine shows at one moment; look_at_machine makes it.
class MachineView {
  public:
    MachineView(Picture picture, OpenNodes open)
        : picture_{std::move(picture)}, open_{std::move(open)} {}
    const Picture& picture() const { return picture_; }
    const OpenNodes& open() const { return open_; }

  private:
    Picture picture_;
    OpenNodes open_;
};

}  // namespace quietus::discovery
