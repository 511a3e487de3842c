#!/bin/sh
# Installs Debian's nginx and HAProxy if they are missing, for the tests of this package. Neither starts, now or with the
# machine: the tests run their own.
set -eu

policy=/usr/sbin/policy-rc.d # what packages ask before they start something
for name in nginx haproxy; do
	[ -x /usr/sbin/$name ] && continue
	if [ ! -e $policy ]; then
		trap 'rm -f $policy' EXIT
		printf '#!/bin/sh\nexit 101\n' >$policy
		chmod +x $policy
	fi
	DEBIAN_FRONTEND=noninteractive apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $name
	update-rc.d $name disable
done
