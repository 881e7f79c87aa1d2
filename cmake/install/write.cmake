# Run by `cmake --install`: writes the units and man pages for the prefix that is installed to.

function(put file folder)
  file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/${folder}" TYPE FILE FILES "${CHUNKRD_BINARY}/${file}")
endfunction()

function(put_unit template unit)
  configure_file("${CHUNKRD_SOURCE}/systemd/${template}.in" "${CHUNKRD_BINARY}/${unit}" @ONLY)
  put("${unit}" "${CHUNKRD_SYSTEMD_DIR}")
endfunction()

# One daemon, and one of several: chunkrd@scans reads /etc/chunkrd/scans.yaml.
function(put_daemon_unit unit of config key state folders)
  foreach(name unit of config key state folders)
    string(TOUPPER ${name} upper)
    set(CHUNKRD_${upper} "${${name}}")
  endforeach()
  put_unit(chunkrd.service ${unit})
endfunction()
put_daemon_unit(chunkrd.service "" /etc/chunkrd/chunkrd.yaml /etc/chunkrd/api-key chunkrd /srv/chunkrd)
put_daemon_unit(chunkrd@.service " of %i" /etc/chunkrd/%i.yaml /etc/chunkrd/%i.key chunkrd-%i /srv/chunkrd-%i)
put_unit(chunkr-local.service chunkr-local.service)

function(put_page source section page)
  execute_process(COMMAND "${CHUNKRD_SCDOC}" INPUT_FILE "${source}" OUTPUT_FILE "${CHUNKRD_BINARY}/${page}.${section}"
    COMMAND_ERROR_IS_FATAL ANY)
  put(${page}.${section} "${CHUNKRD_MANDIR}/man${section}")
endfunction()
if(CHUNKRD_SCDOC)
  put_page("${CHUNKRD_SOURCE}/docs/chunkrd.1.scd" 1 chunkrd)
  put_page("${CHUNKRD_SOURCE}/docs/chunkr-local.1.scd" 1 chunkr-local)
  file(READ "${CHUNKRD_SOURCE}/config/chunkrd.yaml" CHUNKRD_YAML)
  configure_file("${CHUNKRD_SOURCE}/docs/chunkrd.yaml.5.scd.in" "${CHUNKRD_BINARY}/chunkrd.yaml.5.scd" @ONLY)
  put_page("${CHUNKRD_BINARY}/chunkrd.yaml.5.scd" 5 chunkrd.yaml)
endif()
