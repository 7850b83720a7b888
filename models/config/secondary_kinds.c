/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kinds of secondary MMU that a file of configs/secondaries can be.  A new
 * kind is an entry here, with its rows in a file of its own, its costs in
 * cost.def, its protocol in struct design_config, and its driver in
 * models/secondary/drivers.c.
 */
#include "models/config/config.h"

const struct secondary_kind_info secondary_kinds[NR_SECONDARY_KINDS] = {
	[SECONDARY_KVM] = {
		.name = "kvm", .help = "KVM's shadow MMU: its own page table, walked by hardware in guest mode",
		.config_size = sizeof(struct kvm_config),
		.params = &kvm_params, .costs = &kvm_cost_params,
		.protocol = &kvm_protocol_params,
		.protocol_offset = offsetof(struct design_config, kvm),
		.access_mode = MODE_GUEST,
	},
	[SECONDARY_GRU] = {
		.name = "gru", .help = "SGI's GRU: a TLB without a page table, every miss is served by a CPU",
		.config_size = sizeof(struct gru_config),
		.params = &gru_params, .costs = &gru_cost_params,
		.protocol = &gru_protocol_params,
		.protocol_offset = offsetof(struct design_config, gru),
		.access_mode = MODE_USER,
	},
	[SECONDARY_SLEEPER] = {
		.name = "sleeper", .help = "a table of translations whose callouts wait for somebody, asleep",
		.config_size = sizeof(struct sleeper_config),
		.params = &sleeper_params, .costs = &sleeper_cost_params,
		.protocol = &sleeper_protocol_params,
		.protocol_offset = offsetof(struct design_config, sleeper),
		.access_mode = MODE_USER,
	},
};
