#include "supervisor/model/words.h"

#include <array>

namespace berth {

namespace {

constexpr std::array kContainerTypes{Word{"service", ContainerType::service},
                                     Word{"oneshot", ContainerType::oneshot},
                                     Word{"system", ContainerType::system}};
constexpr std::array kMountTypes{Word{"bind", MountType::bind}, Word{"tmpfs", MountType::tmpfs}};
constexpr std::array kConditions{Word{"started", DependencyCondition::started},
                                 Word{"healthy", DependencyCondition::healthy},
                                 Word{"completed", DependencyCondition::completed}};
constexpr std::array kPolicies{
    Word{"no", RestartPolicy::no}, Word{"on-failure", RestartPolicy::on_failure},
    Word{"always", RestartPolicy::always}, Word{"unless-stopped", RestartPolicy::unless_stopped}};
constexpr std::array kNetworkModes{Word{"bridge", NetworkMode::bridge},
                                   Word{"none", NetworkMode::none},
                                   Word{"host", NetworkMode::host}};
constexpr std::array kProtocols{Word{"tcp", Protocol::tcp}, Word{"udp", Protocol::udp}};
constexpr std::array kLogDrivers{Word{"file", LogDriver::file},
                                 Word{"journald", LogDriver::journald},
                                 Word{"none", LogDriver::none}};
constexpr std::array kHealthActions{Word{"restart", HealthAction::restart},
                                    Word{"none", HealthAction::none}};
constexpr std::array kApplyModes{Word{"each", ApplyMode::each}, Word{"set", ApplyMode::set}};
constexpr std::array kRollbackModes{Word{"none", RollbackMode::none},
                                    Word{"auto", RollbackMode::automatic}};
constexpr std::array kVerifyModes{Word{"ssh-signatures", VerifyMode::ssh_signatures},
                                  Word{"gpg", VerifyMode::gpg}, Word{"none", VerifyMode::none}};

}  // namespace

std::span<const Word<ContainerType>> words_of(ContainerType) { return kContainerTypes; }
std::span<const Word<MountType>> words_of(MountType) { return kMountTypes; }
std::span<const Word<DependencyCondition>> words_of(DependencyCondition) { return kConditions; }
std::span<const Word<RestartPolicy>> words_of(RestartPolicy) { return kPolicies; }
std::span<const Word<NetworkMode>> words_of(NetworkMode) { return kNetworkModes; }
std::span<const Word<Protocol>> words_of(Protocol) { return kProtocols; }
std::span<const Word<LogDriver>> words_of(LogDriver) { return kLogDrivers; }
std::span<const Word<HealthAction>> words_of(HealthAction) { return kHealthActions; }
std::span<const Word<ApplyMode>> words_of(ApplyMode) { return kApplyModes; }
std::span<const Word<RollbackMode>> words_of(RollbackMode) { return kRollbackModes; }
std::span<const Word<VerifyMode>> words_of(VerifyMode) { return kVerifyModes; }

}  // namespace berth
