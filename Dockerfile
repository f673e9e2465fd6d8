# The release's images. goreleaser puts a static program for each platform
# beside this file; `scripts/image.sh` does the same for one, from a clone.
#
#   static  the program and certificates, nothing else: no shell, no packages
#   debug   the same with a shell and git, for platforms that start jobs by a
#           shell, such as GitLab
#
# Both run as no known user and write nothing but the reports:
#   docker run --rm --read-only -v "$PWD:/src:ro" IMAGE scan

FROM alpine:3.22 AS debug-base
# hadolint ignore=DL3018
RUN apk add --no-cache ca-certificates git

FROM scratch AS static
ARG TARGETPLATFORM
COPY --from=debug-base /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY ${TARGETPLATFORM}/kustoms /usr/bin/kustoms
ENV PATH=/usr/bin
USER 65532:65532
WORKDIR /src
ENTRYPOINT ["/usr/bin/kustoms"]
CMD ["--help"]

FROM debug-base AS debug
ARG TARGETPLATFORM
COPY ${TARGETPLATFORM}/kustoms /usr/bin/kustoms
USER 65532:65532
WORKDIR /src
CMD ["/bin/sh"]
