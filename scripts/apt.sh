# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What we want from apt without installing: which versions there are, and the
# files. Neither needs rights. Sourced after lib.sh.

APT=(-q -o APT::Sandbox::User=root)

# apt_own_lists: package lists of our own under build/, for when the machine's are
# empty, older than the archive, or without what we want: they name the machine's
# own sources, its release's backports, and the architecture of ARCH= too;
# and STOCK_SUITE (see STOCK=), which is another release's.
apt_own_lists()
{
	local dir=$BUILD/apt suite=${STOCK_SUITE:-} native codename

	DEB_ARCH=${DEB_ARCH:-$(dpkg --print-architecture)}
	native=$(dpkg --print-architecture)
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	dir+=-$DEB_ARCH${suite:+-$suite}
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/none"
	# shellcheck disable=SC2016 # apt's variables
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' | awk -v codename="$codename" -v suite="$suite" '
			{ print "deb", $1, $2, $3 }
			$2 == codename { print "deb", $1, $2 "-backports", $3 }
			$2 == codename && suite { print "deb", $1, suite, $3 }' |
		sort -u > "$dir/sources.new"
	cmp -s "$dir/sources.new" "$dir/sources.list" || rm -f "$dir/update.log"
	mv "$dir/sources.new" "$dir/sources.list"
	APT+=(-o "Dir::Etc::SourceList=$dir/sources.list" -o "Dir::Etc::SourceParts=$dir/none"
		-o "Dir::State::Lists=$dir/lists" -o "Dir::Cache=$dir/cache"
		-o "APT::Architectures::=$native")
	[ "$native" = "$DEB_ARCH" ] || APT+=(-o "APT::Architectures::=$DEB_ARCH")
	[ ! "$(find "$dir/update.log" -mmin -240 2>/dev/null)" ] || return 0
	say "fetching package lists into ${dir#"$TOP"/}"
	# An index that one archive does not have just now may be one that nobody
	# needs: whether all is there, the download tells.
	apt-get "${APT[@]}" -o Acquire::Retries=2 update > "$dir/update.new" 2>&1 || {
		[ -n "$(find "$dir/lists" -name '*_Packages*' -print -quit)" ] ||
		die "no package lists: is there a network, and does \`apt-get update\`" \
		    "work? apt says: $(grep -m 1 '^[EW]:' "$dir/update.new")"
	}
	mv "$dir/update.new" "$dir/update.log"
}

# Are these lists our own already?
apt_has_own_lists() { [[ "${APT[*]}" == *Dir::State::Lists* ]]; }

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
	if ! apt_has_own_lists; then
		apt_own_lists
		(cd "$dir" && apt-get "${APT[@]}" download "$@" > "$log" 2>&1) &&
			return
	fi
	die "cannot download $*: is there a network? apt says:" \
	    "$(grep -m 1 '^[EW]:' "$log")"
}

# apt_unpack DIR PACKAGE...: unpack these and all that they stand on into DIR, which
# is made anew, for a guest. An empty package database makes apt name all of it.
apt_unpack()
{
	local dir=$1 debs=$BUILD/deb/$ARCH-${1##*/} log=$1.log deb get

	shift
	[ "$(dpkg --print-architecture)" = "$DEB_ARCH" ] || apt_own_lists
	get=(apt-get "${APT[@]}" -y --no-install-recommends --download-only
		-o "Dir::State::status=$debs/none" -o "Dir::Cache::archives=$debs"
		-o "APT::Architecture=$DEB_ARCH" -o Debug::NoLocking=1 install "$@")
	mkdir -p "$debs/partial"
	: > "$debs/none"
	"${get[@]}" > "$log" 2>&1 || {
		apt_has_own_lists || apt_own_lists
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

# apt_newer DIR PACKAGE: PACKAGE from the release's backports, unpacked into DIR with
# what it stands on and the machine does not have; nothing is installed.
apt_newer()
{
	local dir=$1 package=$2 debs=$BUILD/deb/${1##*/} codename deb

	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	apt_own_lists
	mkdir -p "$debs/partial" "$dir.new"
	# as if no part of it were there: an old one is of no use to the new one
	awk -v RS= -v ORS='\n\n' '!/^Package: (qemu|seabios|ipxe)/' /var/lib/dpkg/status \
		> "$debs/status"
	apt-get "${APT[@]}" -y --no-install-recommends --download-only \
		-o "Dir::State::status=$debs/status" -o "Dir::Cache::archives=$debs" \
		-o Debug::NoLocking=1 -t "$codename-backports" install "$package" \
		> "$dir.log" 2>&1 ||
		die "cannot download $package of $codename-backports: is there a network?" \
		    "apt says: $(grep -m 1 '^[EW]:' "$dir.log")"
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$dir.new"
	done
	rm -rf "$dir"
	mv "$dir.new" "$dir"
}
