# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What we want from apt without installing: which versions there are, and the
# files. Neither needs rights. Sourced after lib.sh.

APT=(-q -o APT::Sandbox::User=root)

# apt_own_lists: package lists of our own under build/, made from the machine's
# sources, for when the machine's are empty or older than the archive.
apt_own_lists()
{
	local dir=$BUILD/apt

	say "fetching the package lists into build/apt"
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	APT+=(-o "Dir::State::Lists=$dir/lists" -o "Dir::Cache=$dir/cache")
	apt-get "${APT[@]}" -o Acquire::Retries=2 -o APT::Update::Error-Mode=any \
		update > "$dir/update.log" 2>&1 ||
		die "no package lists: is there a network, and does \`apt-get update\`" \
		    "work? apt says: $(grep -m 1 '^[EW]:' "$dir/update.log")"
}

# apt_versions PACKAGE: what apt serves, newest first.
apt_versions()
{
	apt-cache "${APT[@]}" madison "$1" 2>/dev/null |
		awk '{ print $3 }' | sort -uVr
}

# apt_fetch DIR PACKAGE[=VERSION]...: download the .debs into DIR.
apt_fetch()
{
	local dir=$1 log=$BUILD/apt-fetch.log

	shift
	mkdir -p "$dir"
	(cd "$dir" && apt-get "${APT[@]}" download "$@" > "$log" 2>&1) && return
	# the lists may be older than the archive: once more with fresh ones
	case "${APT[*]}" in
	*Dir::State::Lists*) ;;
	*)	apt_own_lists
		(cd "$dir" && apt-get "${APT[@]}" download "$@" > "$log" 2>&1) &&
			return ;;
	esac
	die "cannot download $*: is there a network? apt says:" \
	    "$(grep -m 1 '^[EW]:' "$log")"
}

# apt_unpack DIR PACKAGE...: unpack these and all that they stand on into DIR, which
# is made anew, for a guest. An empty package database makes apt name all of it.
apt_unpack()
{
	local dir=$1 debs=$BUILD/deb/$ARCH-${1##*/} log=$1.log deb get

	shift
	get=(apt-get "${APT[@]}" -y --no-install-recommends --download-only
		-o "Dir::State::status=$debs/none" -o "Dir::Cache::archives=$debs"
		-o Debug::NoLocking=1 install "$@")
	mkdir -p "$debs/partial"
	: > "$debs/none"
	"${get[@]}" > "$log" 2>&1 || {
		apt_own_lists
		"${get[@]}" "${APT[@]}" > "$log" 2>&1
	} || die "cannot download $*: is there a network? apt says:" \
		"$(grep -m 1 '^[EW]:' "$log")"
	rm -rf "$dir"
	mkdir -p "$dir"
	for deb in "$debs"/*.deb; do
		case "$(basename "$deb")" in
		# what their installation needs, not they
		perl*|dpkg_*|debconf_*|ucf_*|tar_*|sensible-utils_*) continue ;;
		esac
		dpkg-deb -x "$deb" "$dir"
	done
	rm -rf "$dir"/usr/share/{doc,man,locale,info,lintian,bug}
}
