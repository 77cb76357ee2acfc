// Network namespaces and veth pairs: specs to steps.
//
// A pair is created from within the container's namespace, with its peer on the host's side: the
// index of eth0, which its address needs, can be chosen freely in a namespace that is ours alone,
// while the host gives its end whatever index is free there.
#include "supervisor/network/sandbox_program.h"

#include <fcntl.h>
#include <sched.h>

#include "supervisor/handoff/messages.h"
#include "supervisor/network/link_messages.h"
#include "supervisor/network/names.h"

namespace berth::network {
namespace {

using handoff::Op;
using handoff::Program;

constexpr int kHostNetns = handoff::slot(1);
constexpr int kHostNetlink = handoff::slot(2);
constexpr int kInnerNetlink = handoff::slot(3);

// eth0's index inside. Above the few devices that some modules put into every new namespace
// (tunl0, sit0, ...: net.core.fb_tunnels_only_for_init_net).
constexpr std::uint32_t kFirstInnerIndex = 100;

// More attachments than this are a mistake; it keeps a program within its arena.
constexpr std::size_t kAttachmentsMax = 64;

handoff::Origin origin_of(const ContainerSpec& spec, const std::string& key, std::string what) {
  const SourcePos where = where_of(spec, key);
  return {.what = std::move(what), .file = where.file, .line = where.line, .column = where.column};
}

std::string attachment_key(std::size_t index) {
  return "networks[" + std::to_string(index) + "].name";
}

void add_netlink(Program& program, int socket, const std::string& message,
                 std::uint16_t flags = 0) {
  program.add(Op::netlink, {.fd = socket, .text = message, .flags = flags});
}

Result<void> check(const ContainerSpec& spec, std::size_t attachment_count) {
  if (!is_valid_name(spec.name)) return fail("its name is not valid");
  if (attachment_count > kAttachmentsMax)
    return fail("it is in " + std::to_string(attachment_count) + " networks, and " +
                std::to_string(kAttachmentsMax) + " are the most");
  return {};
}

Result<void> check(const Attachment& attachment) {
  if (!is_valid_name(attachment.network)) return fail("a network's name is not valid");
  if (attachment.bridge_index == 0)
    return fail("network " + attachment.network + " has no bridge yet");
  if (!attachment.subnet.assignable(attachment.address))
    return fail(format(attachment.address) + " is no host's address in " +
                format(attachment.subnet));
  if (attachment.ipv6 && !attachment.ipv6->subnet.assignable(attachment.ipv6->address))
    return fail(format(attachment.ipv6->address) + " is no host's address in " +
                format(attachment.ipv6->subnet));
  return {};
}

Result<void> add_namespace(Program& program, const ContainerSpec& spec) {
  program.from(origin_of(spec, "network", "create network namespace"));
  program.add(Op::new_netns, {.fd = kNetnsSlot});
  program.add(Op::netlink_open, {.fd = kInnerNetlink, .fd2 = kNetnsSlot});
  program.from(origin_of(spec, "network", "bring up the loopback"));
  add_netlink(program, kInnerNetlink, TRY(link_up("lo")));
  return {};
}

// The pair, and its host end in the bridge.
Result<void> add_pair(Program& program, const ContainerSpec& spec, const std::string& host_name,
                      const Attachment& attachment, unsigned index) {
  const std::string inner_name = container_link_name(index);
  program.from(origin_of(spec, attachment_key(index), "create link " + inner_name));
  add_netlink(program, kHostNetlink, TRY(delete_link(host_name)), handoff::kTolerateMissing);
  const VethSpec veth{.name = inner_name,
                      .index = kFirstInnerIndex + index,
                      .mac = container_mac(spec.name, attachment.network),
                      .peer_name = host_name,
                      .peer_netns = kHostNetns};
  add_netlink(program, kInnerNetlink, TRY(create_veth(veth)));
  program.from(
      origin_of(spec, attachment_key(index), "put a link into network " + attachment.network));
  add_netlink(program, kHostNetlink,
              TRY(enslave(host_name, attachment.bridge_index, link_alias(spec.name))));
  add_netlink(program, kHostNetlink, TRY(set_hairpin(host_name)));
  return {};
}

// Before the link is up, so that it never asks for routers. Another container may be able to send
// what a router would; the gateway is known without. accept_dad: the link-local address, too, can
// be used at once.
void set_up_ipv6(Program& program, const ContainerSpec& spec, unsigned index) {
  const std::string name = container_link_name(index);
  program.from(origin_of(spec, attachment_key(index), "set up IPv6 on " + name));
  program.add(Op::set_ns, {.fd = kNetnsSlot, .value = CLONE_NEWNET});
  for (const char* setting : {"accept_ra", "accept_dad", "disable_ipv6"})
    program.add(Op::write_file,
                {.text = "/proc/sys/net/ipv6/conf/" + name + "/" + setting, .text2 = "0"});
  program.add(Op::set_ns, {.fd = -1, .value = CLONE_NEWNET});
}

// The link has to be up: only then are its addresses' routes there.
Result<void> add_ipv6(Program& program, const ContainerSpec& spec, const Attachment::Ipv6& ipv6,
                      unsigned index) {
  const std::uint32_t inner_index = kFirstInnerIndex + index;
  program.from(origin_of(spec, "networks[" + std::to_string(index) + "].ipv6_address",
                         "add address " + format(ipv6.address)));
  add_netlink(program, kInnerNetlink, TRY(add_address(inner_index, ipv6.address, ipv6.subnet)));
  if (index > 0) return {};
  program.from(origin_of(spec, attachment_key(index), "add default route of IPv6"));
  add_netlink(program, kInnerNetlink, TRY(add_default_route(inner_index, ipv6.subnet.gateway())));
  return {};
}

Result<void> add_attachment(Program& program, const ContainerSpec& spec, std::string_view instance,
                            const Attachment& attachment, unsigned index) {
  TRY(check(attachment));
  TRY(add_pair(program, spec, host_link_name(instance, spec.name, index), attachment, index));
  if (attachment.ipv6) set_up_ipv6(program, spec, index);
  const std::uint32_t inner_index = kFirstInnerIndex + index;
  program.from(origin_of(spec, "networks[" + std::to_string(index) + "].ipv4_address",
                         "add address " + format(attachment.address)));
  add_netlink(program, kInnerNetlink,
              TRY(add_address(inner_index, attachment.address, attachment.subnet)));
  add_netlink(program, kInnerNetlink, TRY(link_up(container_link_name(index))));
  if (attachment.ipv6) TRY(add_ipv6(program, spec, *attachment.ipv6, index));
  if (index > 0) return {};
  program.from(origin_of(spec, attachment_key(index), "add default route"));
  add_netlink(program, kInnerNetlink,
              TRY(add_default_route(inner_index, attachment.subnet.gateway())));
  return {};
}

Result<Program> create_program(const ContainerSpec& spec, std::string_view instance,
                               std::span<const Attachment> attachments, std::uint64_t sandbox_id) {
  Program program;
  program.set_launch_id(sandbox_id);
  if (spec.network == NetworkMode::host) return program;
  TRY(check(spec, attachments.size()));
  TRY(add_namespace(program, spec));
  if (!attachments.empty()) {
    program.from(origin_of(spec, "networks", "open the host's network namespace"));
    program.add(Op::open_path,
                {.fd = kHostNetns, .text = "/proc/self/ns/net", .value = O_RDONLY | O_CLOEXEC});
    program.add(Op::netlink_open, {.fd = kHostNetlink});
  }
  for (unsigned i = 0; i < attachments.size(); ++i)
    TRY(add_attachment(program, spec, instance, attachments[i], i));
  if (!attachments.empty()) {
    program.add(Op::close, {.fd = kHostNetlink});
    program.add(Op::close, {.fd = kHostNetns});
  }
  program.add(Op::close, {.fd = kInnerNetlink});
  program.from(origin_of(spec, "network", "hand over the network namespace"));
  const auto kind = static_cast<std::uint64_t>(handoff::HeldKind::netns);
  program.add(Op::hold, {.fd = kNetnsSlot, .value = kind});
  program.add(Op::give, {.fd = kNetnsSlot});
  return program;
}

Result<Program> remove_program(const ContainerSpec& spec, std::string_view instance,
                               std::size_t attachment_count) {
  Program program;
  TRY(check(spec, attachment_count));
  if (attachment_count == 0) return program;
  program.from(origin_of(spec, "networks", "delete links"));
  program.add(Op::netlink_open, {.fd = kHostNetlink});
  for (unsigned i = 0; i < attachment_count; ++i)
    add_netlink(program, kHostNetlink, TRY(delete_link(host_link_name(instance, spec.name, i))),
                handoff::kTolerateMissing);
  program.add(Op::close, {.fd = kHostNetlink});
  return program;
}

bool is_left_behind(std::string_view instance, const LinkInfo& link) {
  const std::string mark = link_alias("");
  if (link.kind != "veth" || !link.alias.starts_with(mark)) return false;
  const std::string container = link.alias.substr(mark.size());
  for (unsigned i = 0; i < kAttachmentsMax; ++i)
    if (link.name == host_link_name(instance, container, i)) return true;
  return false;
}

}  // namespace

Result<Program> compile_create_sandbox(const ContainerSpec& spec, std::string_view instance,
                                       std::span<const Attachment> attachments,
                                       std::uint64_t sandbox_id) {
  auto program = create_program(spec, instance, attachments, sandbox_id);
  if (program) return program;
  return std::unexpected(
      std::move(program).error().within("cannot create the sandbox of " + spec.name));
}

Result<Program> compile_remove_sandbox(const ContainerSpec& spec, std::string_view instance,
                                       std::size_t attachment_count) {
  auto program = remove_program(spec, instance, attachment_count);
  if (program) return program;
  return std::unexpected(
      std::move(program).error().within("cannot remove the sandbox of " + spec.name));
}

Program compile_sweep_links(std::string_view instance, std::span<const LinkInfo> links) {
  Program program;
  for (const LinkInfo& link : links) {
    if (!is_left_behind(instance, link)) continue;
    if (program.steps().empty()) {
      program.from({.what = "remove links of an earlier run"});
      program.add(Op::netlink_open, {.fd = kHostNetlink});
    }
    // A generated name is always a link's name, so there is always a message.
    if (const auto message = delete_link(link.name))
      add_netlink(program, kHostNetlink, *message, handoff::kTolerateMissing);
  }
  if (!program.steps().empty()) program.add(Op::close, {.fd = kHostNetlink});
  return program;
}

}  // namespace berth::network
