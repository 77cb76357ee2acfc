// Specs as JSON, keyed like definition files: what the decoder of definition/ reads back as the
// same spec. Everything comes from the key tables, so that no key can be forgotten.
#pragma once

#include "supervisor/model/spec.h"
#include "supervisor/record/json_text.h"

namespace berth::record {

// Keys that have their default are left out, and so is the name.
void write_spec(JsonText& json, const ContainerSpec& spec);
void write_spec(JsonText& json, const NetworkSpec& spec);
void write_spec(JsonText& json, const HostSpec& spec);

}  // namespace berth::record
