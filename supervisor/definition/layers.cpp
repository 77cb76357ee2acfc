#include "supervisor/definition/layers.h"

#include <array>

namespace berth::definition {

namespace {

struct Ending {
  std::string_view text;
  Format format;
};
constexpr std::array<Ending, 3> kEndings{
    {{".toml", Format::toml}, {".yaml", Format::yaml}, {".yml", Format::yaml}}};

constexpr std::array<std::string_view, 3> kLowerLayers{"run/berth", "var/lib/berth/source/current",
                                                       "usr/lib/berth"};

}  // namespace

std::vector<Layer> layers_of(const Paths& paths) {
  std::vector<Layer> layers{{"etc/berth", ""}};
  for (const std::string_view path : kLowerLayers) {
    layers.push_back({std::string(path), paths.root + "/" + std::string(path) + "/"});
  }
  return layers;
}

std::optional<FileName> definition_name(std::string_view file) {
  if (file.starts_with('.')) return std::nullopt;
  for (const Ending& ending : kEndings) {
    if (!file.ends_with(ending.text)) continue;
    return FileName{std::string(file.substr(0, file.size() - ending.text.size())), ending.format};
  }
  return std::nullopt;
}

std::optional<std::string> drop_in_owner(std::string_view directory) {
  constexpr std::string_view kEnding = ".d";
  if (!directory.ends_with(kEnding)) return std::nullopt;
  auto file = definition_name(directory.substr(0, directory.size() - kEnding.size()));
  if (!file) return std::nullopt;
  return std::move(file->name);
}

}  // namespace berth::definition
