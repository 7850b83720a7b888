/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grace-period suite holds and is complete. */
#include "models/world/world.h"
#include "sim/base/tap.h"

int main(void)
{
	struct check_list l = { 0 };

	is_int(validate_grace(&l), 0, "the suite runs");
	is_int((int64_t)l.n, 4, "all rows");
	for (size_t i = 0; i < l.n; i++) {
		printf("# %s: expected %g, got %g +- %g %s\n", l.v[i].id, l.v[i].expected, l.v[i].got,
		       l.v[i].tolerance, l.v[i].unit);
		ok(l.v[i].pass, l.v[i].id);
	}
	check_free(&l);
	return tap_done();
}
